"""Field numbers of the messages that typed clients send, by struct; their types are in the schema.

Numbers from staging/src/k8s.io/api/*/generated.proto and apimachinery/pkg/apis/meta/v1 (release 1.36).
A number with `~` holds a message whose fields stand in the object itself.
"""

from __future__ import annotations

from collections.abc import Mapping

_TOP = "metadata=1 spec=2 status=3"
_CONDITION = "type=1 status=2 lastTransitionTime=3 reason=4 message=5"
NUMBERS: Mapping[str, str] = {
    "meta.v1.ObjectMeta": "name=1 generateName=2 namespace=3 selfLink=4 uid=5 resourceVersion=6 generation=7 "
    "creationTimestamp=8 deletionTimestamp=9 deletionGracePeriodSeconds=10 labels=11 annotations=12 "
    "ownerReferences=13 finalizers=14",
    "meta.v1.OwnerReference": "kind=1 name=3 uid=4 apiVersion=5 controller=6 blockOwnerDeletion=7",
    "meta.v1.LabelSelector": "matchLabels=1 matchExpressions=2",
    "meta.v1.LabelSelectorRequirement": "key=1 operator=2 values=3",
    "meta.v1.DeleteOptions": "gracePeriodSeconds=1 preconditions=2 orphanDependents=3 propagationPolicy=4 dryRun=5",
    "meta.v1.Preconditions": "uid=1 resourceVersion=2",
    "meta.v1.Condition": "type=1 status=2 observedGeneration=3 lastTransitionTime=4 reason=5 message=6",
    "core.v1.Namespace": _TOP,
    "core.v1.NamespaceSpec": "finalizers=1",
    "core.v1.NamespaceStatus": "phase=1",
    "core.v1.Node": _TOP,
    "core.v1.NodeSpec": "podCIDR=1 externalID=2 providerID=3 unschedulable=4 taints=5 podCIDRs=7",
    "core.v1.Taint": "key=1 value=2 effect=3 timeAdded=4",
    "core.v1.Service": _TOP,
    "core.v1.ServiceSpec": "ports=1 selector=2 clusterIP=3 type=4 externalIPs=5 sessionAffinity=7 loadBalancerIP=8 "
    "loadBalancerSourceRanges=9 externalName=10 externalTrafficPolicy=11 healthCheckNodePort=12 "
    "publishNotReadyAddresses=13 sessionAffinityConfig=14 ipFamilyPolicy=17 clusterIPs=18 ipFamilies=19 "
    "allocateLoadBalancerNodePorts=20 loadBalancerClass=21 internalTrafficPolicy=22 trafficDistribution=23",
    "core.v1.ServicePort": "name=1 protocol=2 port=3 targetPort=4 nodePort=5 appProtocol=6",
    "core.v1.SessionAffinityConfig": "clientIP=1",
    "core.v1.ClientIPConfig": "timeoutSeconds=1",
    "core.v1.ServiceStatus": "loadBalancer=1 conditions=2",
    "core.v1.LoadBalancerStatus": "ingress=1",
    "core.v1.LoadBalancerIngress": "ip=1 hostname=2 ipMode=3 ports=4",
    "core.v1.Endpoints": "metadata=1 subsets=2",
    "core.v1.EndpointSubset": "addresses=1 notReadyAddresses=2 ports=3",
    "core.v1.EndpointAddress": "ip=1 targetRef=2 hostname=3 nodeName=4",
    "core.v1.EndpointPort": "name=1 port=2 protocol=3 appProtocol=4",
    "core.v1.ObjectReference": "kind=1 namespace=2 name=3 uid=4 apiVersion=5 resourceVersion=6 fieldPath=7",
    "core.v1.LocalObjectReference": "name=1",
    "core.v1.ConfigMap": "metadata=1 data=2 binaryData=3 immutable=4",
    "core.v1.Secret": "metadata=1 data=2 type=3 stringData=4 immutable=5",
    "core.v1.ServiceAccount": "metadata=1 secrets=2 imagePullSecrets=3 automountServiceAccountToken=4",
    "core.v1.ResourceQuota": _TOP,
    "core.v1.ResourceQuotaSpec": "hard=1 scopes=2",
    "core.v1.Event": "metadata=1 involvedObject=2 reason=3 message=4 source=5 firstTimestamp=6 lastTimestamp=7 count=8 "
    "type=9 eventTime=10 action=12 related=13 reportingComponent=14 reportingInstance=15",
    "core.v1.EventSource": "component=1 host=2",
    "core.v1.PersistentVolumeClaim": _TOP,
    "core.v1.PersistentVolumeClaimSpec": "accessModes=1 resources=2 volumeName=3 selector=4 storageClassName=5 "
    "volumeMode=6",
    "core.v1.VolumeResourceRequirements": "limits=1 requests=2",
    "core.v1.Pod": _TOP,
    "core.v1.PodTemplate": "metadata=1 template=2",
    "core.v1.PodTemplateSpec": "metadata=1 spec=2",
    "core.v1.PodSpec": "volumes=1 containers=2 restartPolicy=3 terminationGracePeriodSeconds=4 "
    "activeDeadlineSeconds=5 dnsPolicy=6 nodeSelector=7 serviceAccountName=8 serviceAccount=9 nodeName=10 "
    "hostNetwork=11 hostPID=12 hostIPC=13 securityContext=14 imagePullSecrets=15 hostname=16 subdomain=17 affinity=18 "
    "schedulerName=19 initContainers=20 automountServiceAccountToken=21 tolerations=22 hostAliases=23 "
    "priorityClassName=24 priority=25 dnsConfig=26 shareProcessNamespace=27 readinessGates=28 runtimeClassName=29 "
    "enableServiceLinks=30 preemptionPolicy=31 overhead=32 topologySpreadConstraints=33 setHostnameAsFQDN=35 os=36 "
    "hostUsers=37 schedulingGates=38",
    "core.v1.PodOS": "name=1",
    "core.v1.PodSchedulingGate": "name=1",
    "core.v1.HostAlias": "ip=1 hostnames=2",
    "core.v1.PodReadinessGate": "conditionType=1",
    "core.v1.PodDNSConfig": "nameservers=1 searches=2 options=3",
    "core.v1.PodDNSConfigOption": "name=1 value=2",
    "core.v1.Toleration": "key=1 operator=2 value=3 effect=4 tolerationSeconds=5",
    "core.v1.Affinity": "nodeAffinity=1 podAffinity=2 podAntiAffinity=3",
    "core.v1.NodeAffinity": "requiredDuringSchedulingIgnoredDuringExecution=1 "
    "preferredDuringSchedulingIgnoredDuringExecution=2",
    "core.v1.NodeSelector": "nodeSelectorTerms=1",
    "core.v1.NodeSelectorTerm": "matchExpressions=1 matchFields=2",
    "core.v1.NodeSelectorRequirement": "key=1 operator=2 values=3",
    "core.v1.PreferredSchedulingTerm": "weight=1 preference=2",
    "core.v1.PodAffinity": "requiredDuringSchedulingIgnoredDuringExecution=1 "
    "preferredDuringSchedulingIgnoredDuringExecution=2",
    "core.v1.PodAntiAffinity": "requiredDuringSchedulingIgnoredDuringExecution=1 "
    "preferredDuringSchedulingIgnoredDuringExecution=2",
    "core.v1.PodAffinityTerm": "labelSelector=1 namespaces=2 topologyKey=3 namespaceSelector=4",
    "core.v1.WeightedPodAffinityTerm": "weight=1 podAffinityTerm=2",
    "core.v1.TopologySpreadConstraint": "maxSkew=1 topologyKey=2 whenUnsatisfiable=3 labelSelector=4 minDomains=5",
    "core.v1.PodSecurityContext": "seLinuxOptions=1 runAsUser=2 runAsNonRoot=3 supplementalGroups=4 fsGroup=5 "
    "runAsGroup=6 sysctls=7 fsGroupChangePolicy=9 seccompProfile=10",
    "core.v1.Sysctl": "name=1 value=2",
    "core.v1.SecurityContext": "capabilities=1 privileged=2 seLinuxOptions=3 runAsUser=4 runAsNonRoot=5 "
    "readOnlyRootFilesystem=6 allowPrivilegeEscalation=7 runAsGroup=8 procMount=9 seccompProfile=11",
    "core.v1.SELinuxOptions": "user=1 role=2 type=3 level=4",
    "core.v1.SeccompProfile": "type=1 localhostProfile=2",
    "core.v1.Capabilities": "add=1 drop=2",
    "core.v1.Volume": "name=1 ~=2/core.v1.VolumeSource",
    "core.v1.VolumeSource": "hostPath=1 emptyDir=2 secret=6 nfs=7 persistentVolumeClaim=10 downwardAPI=16 "
    "configMap=19 projected=26",
    "core.v1.HostPathVolumeSource": "path=1 type=2",
    "core.v1.EmptyDirVolumeSource": "medium=1 sizeLimit=2",
    "core.v1.SecretVolumeSource": "secretName=1 items=2 defaultMode=3 optional=4",
    "core.v1.NFSVolumeSource": "server=1 path=2 readOnly=3",
    "core.v1.PersistentVolumeClaimVolumeSource": "claimName=1 readOnly=2",
    "core.v1.DownwardAPIVolumeSource": "items=1 defaultMode=2",
    "core.v1.DownwardAPIVolumeFile": "path=1 fieldRef=2 resourceFieldRef=3 mode=4",
    "core.v1.ConfigMapVolumeSource": "~=1/core.v1.LocalObjectReference items=2 defaultMode=3 optional=4",
    "core.v1.KeyToPath": "key=1 path=2 mode=3",
    "core.v1.ProjectedVolumeSource": "sources=1 defaultMode=2",
    "core.v1.VolumeProjection": "secret=1 downwardAPI=2 configMap=3 serviceAccountToken=4",
    "core.v1.SecretProjection": "~=1/core.v1.LocalObjectReference items=2 optional=4",
    "core.v1.ConfigMapProjection": "~=1/core.v1.LocalObjectReference items=2 optional=4",
    "core.v1.DownwardAPIProjection": "items=1",
    "core.v1.ServiceAccountTokenProjection": "audience=1 expirationSeconds=2 path=3",
    "core.v1.Container": "name=1 image=2 command=3 args=4 workingDir=5 ports=6 env=7 resources=8 volumeMounts=9 "
    "livenessProbe=10 readinessProbe=11 lifecycle=12 terminationMessagePath=13 imagePullPolicy=14 securityContext=15 "
    "stdin=16 stdinOnce=17 tty=18 envFrom=19 terminationMessagePolicy=20 volumeDevices=21 startupProbe=22 "
    "restartPolicy=24",
    "core.v1.ContainerPort": "name=1 hostPort=2 containerPort=3 protocol=4 hostIP=5",
    "core.v1.EnvVar": "name=1 value=2 valueFrom=3",
    "core.v1.EnvVarSource": "fieldRef=1 resourceFieldRef=2 configMapKeyRef=3 secretKeyRef=4",
    "core.v1.ObjectFieldSelector": "apiVersion=1 fieldPath=2",
    "core.v1.ResourceFieldSelector": "containerName=1 resource=2 divisor=3",
    "core.v1.ConfigMapKeySelector": "~=1/core.v1.LocalObjectReference key=2 optional=3",
    "core.v1.SecretKeySelector": "~=1/core.v1.LocalObjectReference key=2 optional=3",
    "core.v1.EnvFromSource": "prefix=1 configMapRef=2 secretRef=3",
    "core.v1.ConfigMapEnvSource": "~=1/core.v1.LocalObjectReference optional=2",
    "core.v1.SecretEnvSource": "~=1/core.v1.LocalObjectReference optional=2",
    "core.v1.ResourceRequirements": "limits=1 requests=2",
    "core.v1.VolumeMount": "name=1 readOnly=2 mountPath=3 subPath=4 mountPropagation=5 subPathExpr=6",
    "core.v1.VolumeDevice": "name=1 devicePath=2",
    "core.v1.Probe": "~=1/core.v1.ProbeHandler initialDelaySeconds=2 timeoutSeconds=3 periodSeconds=4 "
    "successThreshold=5 failureThreshold=6 terminationGracePeriodSeconds=7",
    "core.v1.ProbeHandler": "exec=1 httpGet=2 tcpSocket=3 grpc=4",
    "core.v1.ExecAction": "command=1",
    "core.v1.HTTPGetAction": "path=1 port=2 host=3 scheme=4 httpHeaders=5",
    "core.v1.HTTPHeader": "name=1 value=2",
    "core.v1.TCPSocketAction": "port=1 host=2",
    "core.v1.GRPCAction": "port=1 service=2",
    "core.v1.Lifecycle": "postStart=1 preStop=2 stopSignal=3",
    "core.v1.LifecycleHandler": "exec=1 httpGet=2 tcpSocket=3 sleep=4",
    "core.v1.SleepAction": "seconds=1",
    "core.v1.PodStatus": "phase=1 conditions=2 message=3 reason=4 hostIP=5 podIP=6 startTime=7 qosClass=9 podIPs=12",
    "core.v1.PodIP": "ip=1",
    "core.v1.PodCondition": "type=1 status=2 lastProbeTime=3 lastTransitionTime=4 reason=5 message=6 "
    "observedGeneration=7",
    "core.v1.ReplicationController": _TOP,
    "core.v1.ReplicationControllerSpec": "replicas=1 selector=2 template=3 minReadySeconds=4",
    "apps.v1.Deployment": _TOP,
    "apps.v1.DeploymentSpec": "replicas=1 selector=2 template=3 strategy=4 minReadySeconds=5 revisionHistoryLimit=6 "
    "paused=7 progressDeadlineSeconds=9",
    "apps.v1.DeploymentStrategy": "type=1 rollingUpdate=2",
    "apps.v1.RollingUpdateDeployment": "maxUnavailable=1 maxSurge=2",
    "apps.v1.DeploymentStatus": "observedGeneration=1 replicas=2 updatedReplicas=3 availableReplicas=4 "
    "unavailableReplicas=5 conditions=6 readyReplicas=7 collisionCount=8",
    "apps.v1.DeploymentCondition": "type=1 status=2 reason=4 message=5 lastUpdateTime=6 lastTransitionTime=7",
    "apps.v1.ReplicaSet": _TOP,
    "apps.v1.ReplicaSetSpec": "replicas=1 selector=2 template=3 minReadySeconds=4",
    "apps.v1.ReplicaSetStatus": "replicas=1 fullyLabeledReplicas=2 observedGeneration=3 readyReplicas=4 "
    "availableReplicas=5 conditions=6",
    "apps.v1.ReplicaSetCondition": _CONDITION,
    "apps.v1.StatefulSet": _TOP,
    "apps.v1.StatefulSetSpec": "replicas=1 selector=2 template=3 volumeClaimTemplates=4 serviceName=5 "
    "podManagementPolicy=6 updateStrategy=7 revisionHistoryLimit=8 minReadySeconds=9",
    "apps.v1.StatefulSetUpdateStrategy": "type=1 rollingUpdate=2",
    "apps.v1.RollingUpdateStatefulSetStrategy": "partition=1 maxUnavailable=2",
    "apps.v1.DaemonSet": _TOP,
    "apps.v1.DaemonSetSpec": "selector=1 template=2 updateStrategy=3 minReadySeconds=4 revisionHistoryLimit=6",
    "apps.v1.DaemonSetUpdateStrategy": "type=1 rollingUpdate=2",
    "apps.v1.RollingUpdateDaemonSet": "maxUnavailable=1 maxSurge=2",
    "batch.v1.Job": _TOP,
    "batch.v1.JobSpec": "parallelism=1 completions=2 activeDeadlineSeconds=3 selector=4 manualSelector=5 template=6 "
    "backoffLimit=7 ttlSecondsAfterFinished=8 completionMode=9 suspend=10",
    "batch.v1.CronJob": _TOP,
    "batch.v1.CronJobSpec": "schedule=1 startingDeadlineSeconds=2 concurrencyPolicy=3 suspend=4 jobTemplate=5 "
    "successfulJobsHistoryLimit=6 failedJobsHistoryLimit=7 timeZone=8",
    "batch.v1.JobTemplateSpec": "metadata=1 spec=2",
    "discovery.v1.EndpointSlice": "metadata=1 endpoints=2 ports=3 addressType=4",
    "discovery.v1.Endpoint": "addresses=1 conditions=2 hostname=3 targetRef=4 deprecatedTopology=5 nodeName=6 zone=7 "
    "hints=8",
    "discovery.v1.EndpointConditions": "ready=1 serving=2 terminating=3",
    "discovery.v1.EndpointHints": "forZones=1 forNodes=2",
    "discovery.v1.ForZone": "name=1",
    "discovery.v1.ForNode": "name=1",
    "discovery.v1.EndpointPort": "name=1 protocol=2 port=3 appProtocol=4",
    "networking.v1.Ingress": _TOP,
    "networking.v1.IngressSpec": "defaultBackend=1 tls=2 rules=3 ingressClassName=4",
    "networking.v1.IngressTLS": "hosts=1 secretName=2",
    "networking.v1.IngressRule": "host=1 ~=2/networking.v1.IngressRuleValue",
    "networking.v1.IngressRuleValue": "http=1",
    "networking.v1.HTTPIngressRuleValue": "paths=1",
    "networking.v1.HTTPIngressPath": "path=1 backend=2 pathType=3",
    "networking.v1.IngressBackend": "resource=3 service=4",
    "networking.v1.IngressServiceBackend": "name=1 port=2",
    "networking.v1.ServiceBackendPort": "name=1 number=2",
    "core.v1.TypedLocalObjectReference": "apiGroup=1 kind=2 name=3",
    "networking.v1.IngressClass": "metadata=1 spec=2",
    "networking.v1.IngressClassSpec": "controller=1 parameters=2",
    "networking.v1.NetworkPolicy": "metadata=1 spec=2",
    "networking.v1.NetworkPolicySpec": "podSelector=1 ingress=2 egress=3 policyTypes=4",
    "networking.v1.NetworkPolicyIngressRule": "ports=1 from=2",
    "networking.v1.NetworkPolicyEgressRule": "ports=1 to=2",
    "networking.v1.NetworkPolicyPeer": "podSelector=1 namespaceSelector=2 ipBlock=3",
    "networking.v1.NetworkPolicyPort": "protocol=1 port=2 endPort=3",
    "networking.v1.IPBlock": "cidr=1 except=2",
    "networking.v1.ServiceCIDR": _TOP,
    "networking.v1.ServiceCIDRSpec": "cidrs=1",
    "networking.v1.IPAddress": "metadata=1 spec=2",
    "networking.v1.IPAddressSpec": "parentRef=1",
    "networking.v1.ParentReference": "group=1 resource=2 namespace=3 name=4",
    "rbac.v1.Role": "metadata=1 rules=2",
    "rbac.v1.ClusterRole": "metadata=1 rules=2 aggregationRule=3",
    "rbac.v1.AggregationRule": "clusterRoleSelectors=1",
    "rbac.v1.PolicyRule": "verbs=1 apiGroups=2 resources=3 resourceNames=4 nonResourceURLs=5",
    "rbac.v1.RoleBinding": "metadata=1 subjects=2 roleRef=3",
    "rbac.v1.ClusterRoleBinding": "metadata=1 subjects=2 roleRef=3",
    "rbac.v1.Subject": "kind=1 apiGroup=2 name=3 namespace=4",
    "rbac.v1.RoleRef": "apiGroup=1 kind=2 name=3",
    "autoscaling.v1.Scale": _TOP,
    "autoscaling.v1.ScaleSpec": "replicas=1",
    "policy.v1.PodDisruptionBudget": _TOP,
    "policy.v1.PodDisruptionBudgetSpec": "minAvailable=1 selector=2 maxUnavailable=3 unhealthyPodEvictionPolicy=4",
    "policy.v1.Eviction": "metadata=1 deleteOptions=2",
    "scheduling.v1.PriorityClass": "metadata=1 value=2 globalDefault=3 description=4 preemptionPolicy=5",
    "coordination.v1.Lease": "metadata=1 spec=2",
    "coordination.v1.LeaseSpec": "holderIdentity=1 leaseDurationSeconds=2 acquireTime=3 renewTime=4 leaseTransitions=5",
    "core.v1.Binding": "metadata=1 target=2",
    "authorization.v1.SelfSubjectAccessReview": "metadata=1 spec=2",
    "authorization.v1.SelfSubjectAccessReviewSpec": "resourceAttributes=1 nonResourceAttributes=2",
    "authorization.v1.ResourceAttributes": "namespace=1 verb=2 group=3 version=4 resource=5 subresource=6 name=7",
    "authorization.v1.NonResourceAttributes": "path=1 verb=2",
    "authorization.v1.SelfSubjectRulesReview": "metadata=1 spec=2",
    "authorization.v1.SelfSubjectRulesReviewSpec": "namespace=1",
    "authentication.v1.SelfSubjectReview": "metadata=1",
    "authentication.v1.TokenRequest": "metadata=1 spec=2",
    "authentication.v1.TokenRequestSpec": "audiences=1 boundObjectRef=3 expirationSeconds=4",
    "authentication.v1.BoundObjectReference": "kind=1 apiVersion=2 name=3 uid=4",
}
REVIEWS: Mapping[str, Mapping[str, str]] = {
    "core.v1.Binding": {"metadata": "@meta.v1.ObjectMeta", "target": "@core.v1.ObjectReference"},
    "authorization.v1.SelfSubjectAccessReview": {
        "metadata": "@meta.v1.ObjectMeta",
        "spec": "@authorization.v1.SelfSubjectAccessReviewSpec",
    },
    "authorization.v1.SelfSubjectAccessReviewSpec": {
        "resourceAttributes": "@authorization.v1.ResourceAttributes",
        "nonResourceAttributes": "@authorization.v1.NonResourceAttributes",
    },
    "authorization.v1.ResourceAttributes": dict.fromkeys(
        ("namespace", "verb", "group", "version", "resource", "subresource", "name"), "s"
    ),
    "authorization.v1.NonResourceAttributes": {"path": "s", "verb": "s"},
    "authorization.v1.SelfSubjectRulesReview": {
        "metadata": "@meta.v1.ObjectMeta",
        "spec": "@authorization.v1.SelfSubjectRulesReviewSpec",
    },
    "authorization.v1.SelfSubjectRulesReviewSpec": {"namespace": "s"},
    "authentication.v1.SelfSubjectReview": {"metadata": "@meta.v1.ObjectMeta"},
    "authentication.v1.TokenRequest": {
        "metadata": "@meta.v1.ObjectMeta",
        "spec": "@authentication.v1.TokenRequestSpec",
    },
    "authentication.v1.TokenRequestSpec": {
        "audiences": "[]s",
        "expirationSeconds": "i64",
        "boundObjectRef": "@authentication.v1.BoundObjectReference",
    },
    "authentication.v1.BoundObjectReference": dict.fromkeys(("kind", "apiVersion", "name", "uid"), "s"),
}
"""Fields of messages that the schema does not have, in the schema's notation."""

MEANT_ZERO = frozenset(
    {
        "replicas", "revisionHistoryLimit", "terminationGracePeriodSeconds", "gracePeriodSeconds", "completions",
        "parallelism", "backoffLimit", "ttlSecondsAfterFinished", "activeDeadlineSeconds", "deletionGracePeriodSeconds",
        "automountServiceAccountToken", "enableServiceLinks", "allocateLoadBalancerNodePorts", "immutable", "optional",
        "allowPrivilegeEscalation", "privileged", "runAsNonRoot", "readOnlyRootFilesystem", "runAsUser", "runAsGroup",
        "fsGroup", "controller", "blockOwnerDeletion", "orphanDependents", "suspend", "ready", "serving", "terminating",
        "tolerationSeconds", "priority", "partition", "minAvailable", "maxUnavailable", "maxSurge",
        "shareProcessNamespace", "successfulJobsHistoryLimit", "failedJobsHistoryLimit", "defaultMode", "mode",
        "leaseTransitions",
    }
)  # fmt: skip
"""Fields that are sent only when they are set: a zero in them is meant."""
MEANT_EMPTY = frozenset(
    {"emptyDir", "podSelector", "namespaceSelector", "selector", "labelSelector", "securityContext"}
)
"""Messages that are sent only when they are set: an empty one is meant."""
