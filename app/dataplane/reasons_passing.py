"""The reasons of decisions on the way, and of requests that arrive."""

from __future__ import annotations

from app.dataplane.reason import Reason, Stage
from app.dataplane.trace import Disposition

_IPTABLES = "pkg/proxy/iptables/proxier.go"
_TOPOLOGY = "pkg/proxy/topology.go"
_COREDNS = "coredns plugin/kubernetes"
_RESOLV = "pkg/kubelet/network/dns/dns.go"

NAMES = (
    Reason("LooksUpName", "Looks up the name", "{client} looks up {name}: {resolver}.", Stage.NAME, source=_RESOLV),
    Reason(
        "NameTried",
        "Tried, not found",
        "{tried}: {rcode}. {next}",
        Stage.NAME,
        source="resolv.conf search list and ndots",
    ),
    Reason(
        "AliasFollowed",
        "Is an alias",
        "{name} is an ExternalName Service: the answer is a CNAME to {target}, which the client asks for next.",
        Stage.NAME,
        source=_COREDNS,
    ),
    Reason(
        "NameResolved",
        "Name found",
        "{name} is {address}, {what}.",
        Stage.NAME,
        source=_COREDNS,
        ends=(Disposition.ANSWERED,),
    ),
    Reason(
        "HeadlessResolved",
        "Pod addresses found",
        "{name} is headless: DNS answers with the {count} themselves, and the client takes {address}.",
        Stage.NAME,
        source=_COREDNS,
        ends=(Disposition.ANSWERED,),
    ),
    Reason(
        "HostsFileAnswered",
        "Known without DNS",
        "{name} is {address} by the client's own /etc/hosts; nobody is asked.",
        Stage.NAME,
        source="pkg/kubelet/kubelet_pods.go",
        ends=(Disposition.ANSWERED,),
    ),
    Reason(
        "OutsideNameResolved",
        "Name of the outside world",
        "{name} is no name of the cluster, so cluster DNS asks the world outside. Podlane stands in "
        "for it with {address}.",
        Stage.NAME,
        source="coredns plugin/forward",
        ends=(Disposition.ANSWERED,),
    ),
    Reason(
        "RecordsAnswered",
        "Records found",
        "{name} {type}: {count}.",
        Stage.NAME,
        source=_COREDNS,
        ends=(Disposition.ANSWERED,),
    ),
)

STARTS = (
    Reason(
        "PodConnects",
        "Starts here",
        "{client} connects to {to}; the packet goes to {node}, where the pod runs.",
        Stage.START,
    ),
    Reason("NodeConnects", "Starts here", "A process on {node} connects to {to}.", Stage.START),
    Reason(
        "PortForwardConnects",
        "Starts at your port-forward",
        "kubectl port-forward: {node} connects to {to} inside {pod}; no Service, kube-proxy or NetworkPolicy stands between.",
        Stage.START,
        source="kubelet streaming server, containerd sandbox_portforward (release 1.36)",
    ),
    Reason(
        "APIServerConnects",
        "Starts at the API server",
        "The API server's proxy connects to {to} for whoever asked it; kube-proxy has no part in it.",
        Stage.START,
        source="pkg/registry/core/{pod,service}/rest (release 1.36)",
    ),
    Reason("OutsideConnects", "Starts outside", "{client}, outside the cluster, connects to {to}.", Stage.START),
    Reason("EntersAsAsked", "Enters by a node", "The packet enters by {node}, as asked.", Stage.PATH),
    Reason(
        "NodeAddressReached",
        "Reaches the node",
        "{address} is the address of {node}, and nodes can be reached from outside.",
        Stage.PATH,
    ),
    Reason(
        "LoadBalancerReached",
        "Reaches the load balancer",
        "{address} is the load balancer address of Service {service}.",
        Stage.PATH,
    ),
    Reason(
        "ExternalIPRouted",
        "Routed to a node",
        "{address} is an external IP of Service {service}; the network outside is taken to route it to {node}.",
        Stage.PATH,
    ),
    Reason(
        "LoadBalancerPickedNode",
        "Load balancer picks a node",
        "The load balancer sends it to {node}, one of {count}{health}.",
        Stage.PATH,
        source="staging/src/k8s.io/cloud-provider/controllers/service",
    ),
    Reason(
        "LoadBalancerProxied",
        "Load balancer connects itself",
        "ipMode is Proxy: the load balancer opens its own connection to node port {port} of {node}.",
        Stage.PATH,
        source="KEP-1860",
    ),
)

RULES = (
    Reason(
        "ClusterIPMatched",
        "Matches a ClusterIP",
        "{address}:{dport} is the ClusterIP and port of Service {service}.",
        Stage.RULES,
        source=_IPTABLES,
    ),
    Reason(
        "NodePortMatched",
        "Matches a node port",
        "{dport} is the nodePort of Service {service}, open on every node.",
        Stage.RULES,
        source=_IPTABLES,
    ),
    Reason(
        "HostPortRewritten",
        "A host port leads to a pod",
        "{dport} at {address} is a hostPort of {pod}: the destination becomes {target}.",
        Stage.RULES,
    ),
    Reason(
        "LoadBalancerIPMatched",
        "Matches a load balancer address",
        "{address}:{dport} is the load balancer address and port of Service {service}{inside}.",
        Stage.RULES,
        source=_IPTABLES,
    ),
    Reason(
        "ExternalIPMatched",
        "Matches an external IP",
        "{address}:{dport} is an external IP and port of Service {service}.",
        Stage.RULES,
        source=_IPTABLES,
    ),
    Reason(
        "NoServiceMatched",
        "No Service involved",
        "No rule of kube-proxy on {node} is for {address}: {what}.",
        Stage.RULES,
        source=_IPTABLES,
    ),
    Reason(
        "EndpointChosen",
        "Endpoint chosen",
        "{pod} was chosen by chance, one of {count}.",
        Stage.RULES,
        source=_TOPOLOGY,
    ),
    Reason(
        "ConnectionContinues",
        "The connection is open already",
        "conntrack on {node} knows this connection: it goes on to {pod}, and no rule is asked.",
        Stage.RULES,
        source="nf_conntrack",
    ),
    Reason(
        "UDPEntryDeleted",
        "kube-proxy forgot the old endpoint",
        "{endpoint} serves no more, so kube-proxy on {node} deleted what conntrack knew of it: an endpoint is chosen anew.",
        Stage.RULES,
        source="pkg/proxy/conntrack/cleanup.go",
    ),
    Reason(
        "NextEndpointChosen",
        "Endpoint chosen in turn",
        "{pod} was next: ipvs gives the {count} in turn, each node for itself.",
        Stage.RULES,
        source="pkg/proxy/ipvs, scheduler rr",
    ),
    Reason(
        "OnlyEndpointChosen",
        "Endpoint chosen",
        "{pod} is the only endpoint that can be used.",
        Stage.RULES,
        source=_TOPOLOGY,
    ),
    Reason(
        "LocalEndpointChosen",
        "Local endpoint chosen",
        "{policy} is Local: only endpoints on {node} count, and {pod} was chosen of {count}.",
        Stage.RULES,
        source=_TOPOLOGY,
    ),
    Reason(
        "SameZoneEndpointChosen",
        "Endpoint in the same zone",
        "The slices carry zone hints: {pod} was chosen of {count} for zone {zone}.",
        Stage.RULES,
        source=_TOPOLOGY,
    ),
    Reason(
        "SameNodeEndpointChosen",
        "Endpoint on the same node",
        "The slices carry node hints: {pod} was chosen of {count} for {node}.",
        Stage.RULES,
        source=_TOPOLOGY,
    ),
    Reason(
        "TerminatingEndpointChosen",
        "A terminating pod still serves",
        "No endpoint of Service {service} is ready, so kube-proxy falls back to those that are "
        "terminating but still serve: {pod} was chosen of {count}.",
        Stage.RULES,
        source=_TOPOLOGY,
    ),
    Reason(
        "StaleEndpointChosen",
        "Chosen by old rules",
        "kube-proxy on {node} has not yet seen the last change of Service {service}: by its old "
        "rules {pod} was chosen of {count}.",
        Stage.RULES,
        source="pkg/proxy/iptables/proxier.go, minSyncPeriod",
    ),
    Reason(
        "AffinityKept",
        "The same endpoint as before",
        "sessionAffinity is ClientIP: {node} remembers that {client} was sent to {pod}.",
        Stage.RULES,
        source=_IPTABLES,
    ),
    Reason(
        "DestinationRewritten",
        "Destination rewritten",
        "The destination {address}:{dport} becomes {endpoint}: Service port {port} goes to targetPort {target}.",
        Stage.RULES,
        source=_IPTABLES,
    ),
    Reason(
        "SourceKept",
        "Source kept",
        "The source stays {source}: the pod sees who really asks.",
        Stage.RULES,
        source=_IPTABLES,
    ),
    Reason(
        "MasqueradedExternal",
        "Source rewritten",
        "Traffic from outside with externalTrafficPolicy Cluster gets the node's address as source, "
        "so that the answer comes back this way: the pod sees {address} instead of {source}.",
        Stage.RULES,
        source=_IPTABLES,
    ),
    Reason(
        "MasqueradedOffCluster",
        "Source rewritten",
        "{source} is no pod address, so {node} puts its own address in: the pod sees {address}.",
        Stage.RULES,
        source=_IPTABLES,
    ),
    Reason(
        "MasqueradedLocal",
        "Source rewritten",
        "The packet comes from the node itself: the pod sees {address}.",
        Stage.RULES,
        source=_IPTABLES,
    ),
    Reason(
        "MasqueradedHairpin",
        "Source rewritten",
        "{pod} was sent back to itself; with its own address as source it would answer itself "
        "directly, so it sees {address} instead.",
        Stage.RULES,
        source=_IPTABLES,
    ),
    Reason(
        "MasqueradedLeaving",
        "Source rewritten",
        "The packet leaves the cluster: outside, pods are seen with the address of their node, {address}.",
        Stage.PATH,
        source="the network plugin's masquerade",
    ),
)

PATHS = (
    Reason("RoutedToPodHere", "To a pod on this node", "{address} is {pod}, which runs on {node}.", Stage.PATH),
    Reason("RoutedToNode", "To another node", "{address} is {what} {node}; the packet travels there.", Stage.PATH),
    Reason("RoutedToHost", "To the node itself", "{address}:{dport} is answered on {node} itself.", Stage.NODE),
    Reason(
        "RoutedToAPIServer",
        "To the API server",
        "{address} is the API server; the packet leaves {node} for it.",
        Stage.PATH,
    ),
    Reason(
        "NodeNameResolved",
        "A node by its name",
        "{name} is {address}: the network outside knows the nodes by name.",
        Stage.NAME,
        ends=(Disposition.ANSWERED,),
    ),
    Reason(
        "RoutedOutside",
        "Out of the cluster",
        "{address} is no address of the cluster; the packet leaves by {node}.",
        Stage.PATH,
    ),
    Reason(
        "AliasGivesOnlyTheAddress",
        "An alias changes nothing but the address",
        "ExternalName Service {service} gave the address of {target} and no more: {stays}, and port {dport} is the one that "
        "was asked for, since an alias maps no ports.",
        Stage.APPLICATION,
        source=_COREDNS,
    ),
    Reason(
        "EchoAnswered",
        "Answers the ping",
        "{who} answers the echo request: a kernel does that by itself, no program has to listen.",
        Stage.POD,
        source="net/ipv4/icmp.c of Linux",
        ends=(Disposition.DELIVERED,),
    ),
    Reason(
        "ListenerFound", "Somebody listens", "Container {container} of {pod} listens on {dport}/{protocol}.", Stage.POD
    ),
)

ARRIVALS = (
    Reason(
        "ConnectionAccepted",
        "Connection accepted",
        "{pod} accepts the connection.",
        Stage.APPLICATION,
        ends=(Disposition.DELIVERED,),
    ),
    Reason(
        "DatagramAnswered",
        "Datagram answered",
        "{pod} answers the datagram.",
        Stage.APPLICATION,
        ends=(Disposition.DELIVERED,),
    ),
    Reason("ServerAnswered", "Answered", "{pod} answers {status}.", Stage.APPLICATION, ends=(Disposition.DELIVERED,)),
    Reason(
        "HostAndPathIgnored",
        "Answered, whatever host and path",
        "{pod} answers {status}. The Service never looked at {asked}: it knows addresses and ports only.",
        Stage.APPLICATION,
        source="a Service works on layer 4; Ingress and Gateway on layer 7",
        ends=(Disposition.DELIVERED,),
    ),
    Reason(
        "HealthCheckAnswered",
        "Health check answered",
        "healthCheckNodePort of Service {service}: {node} has {count}, so it answers {status}.",
        Stage.APPLICATION,
        source="pkg/proxy/healthcheck",
        ends=(Disposition.DELIVERED,),
    ),
    Reason(
        "APIServerAnswered",
        "API server answered",
        "The API server answers {status}.",
        Stage.APPLICATION,
        ends=(Disposition.DELIVERED,),
    ),
    Reason(
        "OutsideAnswered",
        "Answered outside",
        "The packet left the cluster. Podlane does not reach the internet: a stand-in answers for {address}.",
        Stage.APPLICATION,
        ends=(Disposition.DELIVERED,),
    ),
)

PASSING = (*NAMES, *STARTS, *RULES, *PATHS, *ARRIVALS)
