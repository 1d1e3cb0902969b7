"""The reasons of requests that fail before they meet a rule: no name, no way."""

from __future__ import annotations

from app.dataplane.reason import Reason, Stage
from app.dataplane.trace import Disposition

_IPTABLES = "pkg/proxy/iptables/proxier.go"
_TOPOLOGY = "pkg/proxy/topology.go"
_SLICES = "staging/src/k8s.io/endpointslice/reconciler.go"
_COREDNS = "coredns plugin/kubernetes"
_KERNEL = "the node's kernel"

_NAME_ERROR = (Disposition.NAME_ERROR,)
_REFUSED = (Disposition.REFUSED,)
_DROPPED = (Disposition.DROPPED,)
_NO_ROUTE = (Disposition.NO_ROUTE,)
_RESET = (Disposition.RESET,)
_EITHER = (Disposition.DROPPED, Disposition.REFUSED)

NAMES = (
    Reason(
        "NoSuchService",
        "No such Service",
        "There is no Service {service} in namespace {namespace}{close}.",
        Stage.NAME,
        "Correct the name, or create the Service.",
        _COREDNS,
        _NAME_ERROR,
        "a Service of that name is there",
    ),
    Reason(
        "ServiceInAnotherNamespace",
        "The Service is in another namespace",
        "Namespace {namespace} has no Service {service}; namespace {other} has one. A short name is "
        "only looked up in the client's own namespace.",
        Stage.NAME,
        "Write the namespace behind the name: service.namespace.",
        _COREDNS,
        _NAME_ERROR,
        "no other namespace has a Service of that name",
    ),
    Reason(
        "NoSuchNamespace",
        "No such namespace",
        "There is no namespace {namespace}{close}.",
        Stage.NAME,
        "Correct the namespace in the name.",
        _COREDNS,
        _NAME_ERROR,
        "the namespace is there",
    ),
    Reason(
        "WrongClusterDomain",
        "The cluster's domain is another",
        "{name} ends in {typed}, and this cluster's domain is {zone}: Service {service} is {right} here.",
        Stage.NAME,
        "End the name at the Service's namespace, or use this cluster's domain.",
        _COREDNS,
        _NAME_ERROR,
        "the name ends in the cluster's domain, or names no Service of it",
    ),
    Reason(
        "NotAClusterName",
        "Not a name of the cluster",
        "Cluster DNS knows names of the form service.namespace.svc.{zone}; {name} is not of that form.",
        Stage.NAME,
        "Write service.namespace, or the whole name.",
        _COREDNS,
        _NAME_ERROR,
    ),
    Reason(
        "NoSuchEndpointName",
        "No such pod name in DNS",
        "Service {service} is there, but no ready endpoint of it has the hostname {hostname}.",
        Stage.NAME,
        "Only pods with spec.hostname and spec.subdomain have a name of their own under a headless Service.",
        _COREDNS,
        _NAME_ERROR,
    ),
    Reason(
        "NoSuchPortName",
        "No such port in DNS",
        "Service {service} has no port named {port} with protocol {protocol}.",
        Stage.NAME,
        "SRV records exist for named ports only.",
        _COREDNS,
        _NAME_ERROR,
    ),
    Reason(
        "HeadlessWithoutReadyPods",
        "Headless, and no pod is ready",
        "Service {service} is headless and none of its endpoints is ready, so DNS has no address to give.",
        Stage.NAME,
        "Make a pod of the Service ready, or set publishNotReadyAddresses.",
        _COREDNS,
        _NAME_ERROR,
        "the Service is not headless, or has ready endpoints",
    ),
    Reason(
        "NoRecordOfThatType",
        "The name exists, but not with that type",
        "{name} exists, but has no {type} record (NODATA).",
        Stage.NAME,
        "Ask for another type.",
        _COREDNS,
        _NAME_ERROR,
    ),
    Reason(
        "NameUnknownOutside",
        "Nobody knows the name",
        "{name} is no name of the cluster, and the world outside does not know it either.",
        Stage.NAME,
        "Correct the name.",
        "coredns plugin/forward",
        _NAME_ERROR,
    ),
    Reason(
        "ExternalNameIsAddress",
        "externalName is an address",
        "Service {service} has externalName {target}, which is an address; a CNAME needs a name, so "
        "DNS answers that there is none.",
        Stage.NAME,
        "Put a DNS name there, or use a Service without selector with an EndpointSlice.",
        _COREDNS,
        _NAME_ERROR,
    ),
    Reason(
        "ExternalNameUnknown",
        "The alias leads nowhere",
        "Service {service} is an alias for {target}, and nobody knows that name.",
        Stage.NAME,
        "Correct spec.externalName.",
        _COREDNS,
        _NAME_ERROR,
    ),
    Reason(
        "ClusterNameAskedOutside",
        "Cluster names end at the cluster",
        "{client} is outside the cluster: the DNS it asks knows nothing of {name}.",
        Stage.NAME,
        "From outside use a node's address with a nodePort, or a load balancer address.",
        "KEP-4427; cluster DNS answers inside only",
        _NAME_ERROR,
        "the client is inside the cluster",
    ),
    Reason(
        "NodeDoesNotAskClusterDNS",
        "Nodes do not ask cluster DNS",
        "{node} uses the resolver of its own network, which knows nothing of {name}.",
        Stage.NAME,
        "From a node use the ClusterIP.",
        "pkg/kubelet/network/dns/dns.go",
        _NAME_ERROR,
    ),
    Reason(
        "PodDoesNotAskClusterDNS",
        "This pod does not ask cluster DNS",
        "{client} has dnsPolicy {dns_policy}{host_network}, so it asks the node's resolver, which "
        "knows nothing of {name}.",
        Stage.NAME,
        "Set dnsPolicy ClusterFirst (ClusterFirstWithHostNet with hostNetwork).",
        "pkg/kubelet/network/dns/dns.go",
        _NAME_ERROR,
    ),
    Reason(
        "ClusterDNSMissing",
        "There is no cluster DNS",
        "This cluster has no Service kube-dns in kube-system, so nobody answers the question for {name}.",
        Stage.NAME,
        "Use addresses, or make a playground with nodes of its own.",
        "cmd/kubeadm/app/phases/addons/dns",
        _NAME_ERROR,
        "cluster DNS answered",
    ),
    Reason(
        "ClusterDNSUnreachable",
        "Cluster DNS does not answer",
        "The question for {name} never reaches cluster DNS: {cause}",
        Stage.NAME,
        "Bring the pods of kube-dns in kube-system back.",
        "getaddrinfo: Temporary failure in name resolution",
        _NAME_ERROR,
        "cluster DNS answered",
    ),
)

PATHS = (
    Reason(
        "NoRouteToServiceNetwork",
        "Nobody routes there",
        "{address} is a ClusterIP: it exists only in the rules of the nodes, and nobody outside the "
        "cluster routes {network} to them.",
        Stage.PATH,
        "From outside use a nodePort or a load balancer.",
        "kube-proxy's rules work on nodes only",
        _DROPPED,
        "the packet came to a node",
    ),
    Reason(
        "NoRouteToPodNetwork",
        "Nobody routes there",
        "{address} is a pod's address: the pod network {network} is not routed outside the cluster.",
        Stage.PATH,
        "From outside go through a Service of type NodePort or LoadBalancer.",
        "the network plugin",
        _DROPPED,
    ),
    Reason(
        "NobodyOutside",
        "Nobody there",
        "{address} is outside the cluster, and in this playground nobody is there.",
        Stage.PATH,
        "Use an address or name of the playground.",
        "",
        _DROPPED,
    ),
    Reason(
        "LoadBalancerAddressUnknown",
        "No Service has this address",
        "{address} is in the range of the load balancer, but no Service holds it.",
        Stage.PATH,
        "Look at EXTERNAL-IP of the Service.",
        "",
        _DROPPED,
    ),
    Reason(
        "LoadBalancerPortClosed",
        "The load balancer has no such port",
        "The load balancer of Service {service} listens on {ports}, not on {dport}.",
        Stage.PATH,
        "Use the Service's port.",
        "staging/src/k8s.io/cloud-provider",
        _DROPPED,
    ),
    Reason(
        "NoHealthyNode",
        "No node passes the health check",
        "externalTrafficPolicy is Local and no node has a ready endpoint of Service {service}, so "
        "the load balancer has nobody to send to.",
        Stage.PATH,
        "Make a pod of the Service ready.",
        "pkg/proxy/healthcheck",
        _DROPPED,
        "the load balancer found a node",
    ),
    Reason(
        "NoNodes",
        "There is no node",
        "The cluster has no node that could take the packet.",
        Stage.PATH,
        "Add a node.",
        "",
        _DROPPED,
    ),
    Reason(
        "NodeFirewall",
        "A firewall is in the way",
        "The firewall before {node} lets nothing from outside through to port {dport}.",
        Stage.PATH,
        "Open the port range in the firewall (annotation podlane.dev/firewall).",
        "the network outside",
        _DROPPED,
        "no node here has a firewall before it",
    ),
    Reason(
        "NoSuchNode",
        "No node has this address",
        "{address} is in the nodes' network, but no node has it.",
        Stage.PATH,
        "Look at INTERNAL-IP of the nodes.",
        _KERNEL,
        _NO_ROUTE,
        "the address is in another network",
    ),
    Reason(
        "NoSuchPodAddress",
        "No pod has this address",
        "No pod has the address {address}{was}.",
        Stage.PATH,
        "Pods get a new address each time; use a Service.",
        _KERNEL,
        _NO_ROUTE,
        "a rule of kube-proxy chose the address",
    ),
    Reason(
        "UnallocatedServiceIP",
        "No Service has this ClusterIP",
        "{address} is in the Service range {network}, but no Service has it{close}.",
        Stage.PATH,
        "Use the Service's name instead of an address.",
        "pkg/proxy/nftables/proxier.go",
        _DROPPED,
        "a Service has the address",
    ),
    Reason(
        "ReplyTakesAnotherWay",
        "The answer takes another way",
        "externalTrafficPolicy Local keeps the source {source}, so {pod} answers it directly and not "
        "by {node}: the client gets an answer from an address it never asked.",
        Stage.PATH,
        "Inside the cluster use the ClusterIP, or the pod's own node.",
        "conntrack on one node cannot undo what another did",
        _DROPPED,
    ),
    Reason(
        "HairpinOff",
        "A pod cannot reach itself",
        "The network of this playground does not send a packet back to the pod it came from (hairpin off).",
        Stage.PATH,
        "Switch hairpin on, or call localhost.",
        "pkg/kubelet, hairpinMode",
        _DROPPED,
    ),
)

FAILING_EARLY = (*NAMES, *PATHS)
