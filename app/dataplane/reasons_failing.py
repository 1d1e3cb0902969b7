"""The reasons of requests that fail: one for each fault, whatever the client sees. Those of names and ways are in `reasons_of_names`."""

from __future__ import annotations

from app.dataplane.reason import Reason, Stage
from app.dataplane.reasons_of_names import FAILING_EARLY
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

RULES = (
    Reason(
        "SelectorMatchesNothing",
        "No pod matches the selector",
        "Service {service} has no endpoints: its selector {selector} matches 0 of {total}.{near}",
        Stage.RULES,
        "Make selector and labels equal.",
        _SLICES,
        _REFUSED,
        "its selector matches pods",
    ),
    Reason(
        "ServiceWithoutSelector",
        "The Service has no selector",
        "Service {service} has no endpoints: it has no selector, and nobody wrote an EndpointSlice for it.",
        Stage.RULES,
        "Add spec.selector.",
        _SLICES,
        _REFUSED,
        "it has a selector",
    ),
    Reason(
        "HandmadeEndpointsUnusable",
        "No usable address in the EndpointSlices",
        "Service {service} has no selector, and the EndpointSlices written for it hold no ready "
        "address for port {port}.",
        Stage.RULES,
        "Check port name, protocol and conditions of the slice.",
        "pkg/proxy/endpointslicecache.go",
        _REFUSED,
    ),
    Reason(
        "PodsNotReady",
        "No selected pod is ready",
        "Service {service} selects {count}, but {none} ready: {pods}.",
        Stage.RULES,
        "Find out why the readiness probe fails: kubectl describe pod.",
        _SLICES,
        _REFUSED,
        "no pod is selected that could be not ready",
    ),
    Reason(
        "PodsNotRunning",
        "No selected pod runs yet",
        "Service {service} selects {count}, so far without an address: {pods}.",
        Stage.RULES,
        "Wait, or see why they do not start: kubectl describe pod.",
        _SLICES,
        _REFUSED,
    ),
    Reason(
        "PodsFinished",
        "All selected pods have finished",
        "Service {service} selects {count}, but their containers have ended: {pods}.",
        Stage.RULES,
        "Give the pods a program that stays.",
        _SLICES,
        _REFUSED,
    ),
    Reason(
        "PodsTerminating",
        "All selected pods are being deleted",
        "Service {service} selects {count}, but all of them are terminating and no longer serve: {pods}.",
        Stage.RULES,
        "Wait for their successors.",
        _SLICES,
        _REFUSED,
    ),
    Reason(
        "TargetPortNameMissing",
        "No pod names that port",
        "Service {service} sends port {port} to the port named {target}, and no selected pod has a "
        "containerPort of that name.",
        Stage.RULES,
        "Name the containerPort, or use its number.",
        "staging/src/k8s.io/endpointslice/util, FindPort",
        _REFUSED,
        "targetPort is a number, or a name that the pods have",
    ),
    Reason(
        "EndpointsBehind",
        "EndpointSlices not yet updated",
        "Service {service} selects ready pods, but its EndpointSlices do not hold them yet.",
        Stage.RULES,
        "Wait a moment and try again.",
        "pkg/controller/endpointslice",
        _REFUSED,
    ),
    Reason(
        "StaleRulesWithoutEndpoints",
        "The node's rules are old",
        "kube-proxy on {node} has not yet seen the last change of Service {service}: by its old "
        "rules there is no endpoint.",
        Stage.RULES,
        "Wait a moment and try again.",
        "pkg/proxy/iptables/proxier.go, minSyncPeriod",
        _REFUSED,
    ),
    Reason(
        "StaleRulesWithoutService",
        "The node's rules are old",
        "kube-proxy on {node} has not yet seen Service {service} as it is now: it has no rule for {address}:{dport}.",
        Stage.RULES,
        "Wait a moment and try again.",
        "pkg/proxy/iptables/proxier.go, minSyncPeriod",
        _EITHER,
    ),
    Reason(
        "NoLocalEndpointsInside",
        "No endpoint on this node",
        "internalTrafficPolicy is Local and no endpoint of Service {service} is on {node}, although "
        "{others} elsewhere.",
        Stage.RULES,
        "Set internalTrafficPolicy to Cluster, or run a pod on each node.",
        _TOPOLOGY,
        _DROPPED,
        "its internalTrafficPolicy is not Local",
    ),
    Reason(
        "NoLocalEndpointsOutside",
        "No endpoint on this node",
        "externalTrafficPolicy is Local and no endpoint of Service {service} is on {node}, although "
        "{others} elsewhere.",
        Stage.RULES,
        "Use another node, or set externalTrafficPolicy to Cluster.",
        _TOPOLOGY,
        _DROPPED,
        "its externalTrafficPolicy is not Local, or the packet is not from outside",
    ),
    Reason(
        "SourceNotAllowed",
        "Source address not allowed",
        "{source} is in none of the loadBalancerSourceRanges of Service {service} ({ranges}).",
        Stage.RULES,
        "Add the source's range.",
        _IPTABLES,
        _DROPPED,
        "it lists no source ranges, or the source is among them",
    ),
    Reason(
        "PortNotInService",
        "The Service has no such port",
        "Service {service} has port {ports}, not {dport}{hint}.",
        Stage.RULES,
        "Use the Service's port.",
        _IPTABLES,
        _EITHER,
        "the Service has the port",
    ),
    Reason(
        "NodePortAskedAtClusterIP",
        "A nodePort belongs to nodes",
        "{dport} is the nodePort of Service {service}: it is open on the nodes' addresses, not at the ClusterIP.",
        Stage.RULES,
        "Use a node's address, or the Service's own port.",
        _IPTABLES,
        _EITHER,
    ),
    Reason(
        "TargetPortAskedAtClusterIP",
        "targetPort belongs to the pods",
        "{dport} is the targetPort of Service {service}, the port inside the pods; at the ClusterIP "
        "the Service's port {port} counts.",
        Stage.RULES,
        "Use the Service's own port.",
        _IPTABLES,
        _EITHER,
    ),
    Reason(
        "ProtocolNotInService",
        "The Service has the port with another protocol",
        "Service {service} has port {dport} for {has}, not for {protocol}.",
        Stage.RULES,
        "Use the Service's protocol.",
        _IPTABLES,
        _EITHER,
    ),
    Reason(
        "PingUnanswered",
        "Nobody is there to answer a ping",
        "{address} is the {what} of Service {service}: an address that only rules for its ports know. No machine has it, "
        "so nobody answers an echo request.",
        Stage.RULES,
        "Ask a port of the Service, for example with curl or nc; ping a pod or a node instead.",
        _IPTABLES,
        _DROPPED,
    ),
    Reason(
        "PingRejected",
        "The rules reject a ping",
        "{address} is the {what} of Service {service}, and the rules of {node} reject everything there that is not for one "
        "of its ports, an echo request as well.",
        Stage.RULES,
        "Ask a port of the Service, for example with curl or nc; ping a pod or a node instead.",
        "pkg/proxy/nftables/proxier.go, pkg/proxy/ipvs/proxier.go",
        _REFUSED,
    ),
    Reason(
        "NoProxyOnNode",
        "No kube-proxy on the node",
        "{node} runs no kube-proxy, so it has no rule for {address}:{dport}.",
        Stage.RULES,
        "Give the node a proxy (annotation podlane.dev/kube-proxy).",
        "cmd/kube-proxy",
        _EITHER,
    ),
)

OPEN = (
    Reason(
        "ConnectionOutlivedPod",
        "The pod behind the open connection is gone",
        "The client kept a connection to {endpoint} open, and that pod is gone: what it sends there is answered with a "
        "reset. A new connection reaches another pod of Service {service}.",
        Stage.RULES,
        "Connect again; end connections before a pod stops (preStop, graceful shutdown).",
        "nf_conntrack",
        _RESET,
        "no connection was kept open",
    ),
    Reason(
        "StaleUDPEntry",
        "conntrack still knows the old pod",
        "conntrack on {node} sends this UDP flow to {endpoint}, where nobody is: Service {service} has no serving endpoint "
        "to which kube-proxy could move it.",
        Stage.RULES,
        "Let a pod of the Service become ready, or send from another port.",
        "pkg/proxy/conntrack/cleanup.go",
        _DROPPED,
        "no UDP flow was kept",
    ),
)

NODES = (
    Reason(
        "NodePortClosed",
        "No Service has this node port",
        "No Service has the nodePort {dport}{close}.",
        Stage.NODE,
        "Look at PORT(S) of the Service.",
        _KERNEL,
        _REFUSED,
        "the port is not in the range of node ports",
    ),
    Reason(
        "ServicePortAskedAtNode",
        "Nodes open nodePorts only",
        "{dport} is the port of Service {service}; on a node's address only its nodePort{number} is open.",
        Stage.NODE,
        "Use the nodePort, or the ClusterIP from inside.",
        _KERNEL,
        _REFUSED,
    ),
    Reason(
        "TargetPortAskedAtNode",
        "Pods' ports are not open on nodes",
        "{dport} is the targetPort of Service {service}, the port inside its pods; on a node's "
        "address only its nodePort{number} is open.",
        Stage.NODE,
        "Use the nodePort, or the ClusterIP from inside.",
        _KERNEL,
        _REFUSED,
    ),
    Reason(
        "NothingListensOnNode",
        "Nothing listens on the node",
        "Nothing listens on port {dport} of {node}.",
        Stage.NODE,
        "Use a nodePort (30000-32767).",
        _KERNEL,
        _REFUSED,
    ),
    Reason(
        "NodePortNotOnLoopback",
        "No node ports on localhost here",
        "{node} runs kube-proxy in {mode} mode, where node ports are not open on 127.0.0.1.",
        Stage.NODE,
        "Use the node's own address.",
        "pkg/proxy/nftables/README.md",
        _REFUSED,
    ),
    Reason(
        "NothingListensOnLocalhost",
        "localhost is the pod itself",
        "localhost means {pod} itself, and nothing in it listens on {dport}/{protocol}.",
        Stage.POD,
        "Use the Service's name.",
        _KERNEL,
        _REFUSED,
    ),
)

PODS = (
    Reason(
        "WrongTargetPort",
        "Wrong targetPort",
        "{pod} refuses: nothing in it listens on {dport}/{protocol}, where Service {service} sends "
        "port {port} (targetPort {target}). It listens on {listens}.",
        Stage.POD,
        "Set targetPort to a port the program listens on.",
        _KERNEL,
        _REFUSED,
        "the program listens on the targetPort",
    ),
    Reason(
        "NothingListensInPod",
        "Nothing listens in the pod",
        "{pod} refuses: no program in it listens on any port.",
        Stage.POD,
        "See what the container runs: kubectl logs.",
        _KERNEL,
        _REFUSED,
    ),
    Reason(
        "ListensOnLocalhostOnly",
        "Listens on 127.0.0.1 only",
        "{pod} refuses: its program listens on 127.0.0.1:{dport}, which only the pod itself can reach.",
        Stage.POD,
        "Let the program listen on 0.0.0.0.",
        _KERNEL,
        _REFUSED,
        "the program listens on all addresses, or not at all",
    ),
    Reason(
        "PodListensWithOtherProtocol",
        "The pod listens with another protocol",
        "{pod} listens on {dport} with {has}, not with {protocol}.",
        Stage.POD,
        "Make the protocols equal.",
        _KERNEL,
        _REFUSED,
    ),
    Reason(
        "PodPortNotListening",
        "The pod has no such port open",
        "{pod} refuses: nothing in it listens on {dport}/{protocol}. It listens on {listens}.",
        Stage.POD,
        "Use a port the program listens on.",
        _KERNEL,
        _REFUSED,
    ),
    Reason(
        "HeadlessPortNotMapped",
        "Headless Services map no ports",
        "Service {service} is headless: its name leads straight to {pod}, and nobody turns port "
        "{dport} into targetPort {target}.",
        Stage.POD,
        "Use the pod's own port.",
        "no ClusterIP, so kube-proxy has no rule",
        _REFUSED,
        "the Service is not headless",
    ),
    Reason(
        "ContainerNotRunning",
        "The container does not run",
        "{pod} refuses: container {container}, which would listen on {dport}, is not running{state}.",
        Stage.POD,
        "See why it ended: kubectl logs --previous.",
        _KERNEL,
        _REFUSED,
    ),
    Reason(
        "EndpointGone",
        "The chosen pod is gone",
        "The rules of {node} still name {address}, but no pod has that address any more.",
        Stage.PATH,
        "Wait a moment and try again; a preStop sleep lets a pod outlive the old rules.",
        "endpoint removal reaches each node on its own time",
        _NO_ROUTE,
        "the rules chose a pod that is there",
    ),
    Reason(
        "HandmadeEndpointDead",
        "The EndpointSlice names nobody",
        "EndpointSlice {slice} of Service {service} says {address}, but nobody has that address.",
        Stage.PATH,
        "Correct the address in the slice.",
        _KERNEL,
        _NO_ROUTE,
        "no hand-written slice is involved",
    ),
)

APPLICATIONS = (
    Reason(
        "HTTPErrorAnswered",
        "The program answered with an error",
        "{pod} answers {status}: the network did its part, the program did not like the request.",
        Stage.APPLICATION,
        "Read the program's logs.",
        "",
        (Disposition.DELIVERED,),
    ),
    Reason(
        "PlainHTTPToTLS",
        "The server wants TLS",
        "{pod} answers {status}: this port speaks TLS, and the request came as plain HTTP.",
        Stage.APPLICATION,
        "Use https:// for this port.",
        "net/http of Go",
        (Disposition.DELIVERED,),
    ),
    Reason(
        "AnonymousForbidden",
        "The API server does not know you",
        "The API server answers 403: the request carries no token, and anonymous users may not read {path}.",
        Stage.APPLICATION,
        "Send the service account's token.",
        "staging/src/k8s.io/apiserver",
        (Disposition.DELIVERED,),
    ),
    Reason(
        "HealthCheckFails",
        "No local endpoint",
        "healthCheckNodePort of Service {service}: {node} has no ready endpoint, so it answers 503 "
        "and load balancers avoid it.",
        Stage.APPLICATION,
        "Run a pod of the Service on this node.",
        "pkg/proxy/healthcheck",
        (Disposition.DELIVERED,),
    ),
    Reason(
        "NotHTTP",
        "The program does not speak HTTP",
        "{pod} accepts the connection, but its program speaks no HTTP and hangs up.",
        Stage.APPLICATION,
        "Use tcp:// for this port.",
        "",
        _RESET,
        "the program speaks HTTP",
    ),
    Reason(
        "NotTLS",
        "The program does not speak TLS",
        "{pod} accepts the connection, but its program speaks plain HTTP and does not understand the TLS greeting.",
        Stage.APPLICATION,
        "Use http:// for this port.",
        "",
        _RESET,
        "the request is plain http",
    ),
)

FAILING = (*FAILING_EARLY, *RULES, *OPEN, *NODES, *PODS, *APPLICATIONS)
