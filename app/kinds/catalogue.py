"""What the images that tutorials use listen on, and what they do when nobody tells them. Data, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Ports = tuple[str, ...]
"""`"80"` for TCP, `"53/udp"` for UDP, as in the podlane.dev/listen annotation."""


@dataclass(frozen=True, slots=True)
class Image:
    """One image: `ports` it listens on, which of them speak `http`, whether it `stays`, its `exit_code` if not.

    `port_flags` and `port_variables` move the first port. `shell` images run whatever they are told and nothing else.
    `page` names what it answers over HTTP (see `images.responds`).
    """

    ports: Ports = ()
    http: Ports = ()
    stays: bool = True
    exit_code: int = 0
    shell: bool = False
    page: str = ""
    port_flags: tuple[str, ...] = ()
    port_variables: tuple[str, ...] = ()


def _web(*ports: str, page: str = "", flags: tuple[str, ...] = (), variables: tuple[str, ...] = ()) -> Image:
    return Image(ports=ports, http=ports, page=page, port_flags=flags, port_variables=variables)


def _server(*ports: str, flags: tuple[str, ...] = (), variables: tuple[str, ...] = ()) -> Image:
    return Image(ports=ports, port_flags=flags, port_variables=variables)


TLS_PORTS = frozenset({443, 6443, 8443, 9443})
"""Where servers of the catalogue may speak TLS."""

_SHELL = Image(stays=False, shell=True)
_CURL = Image(stays=False, exit_code=2, shell=True)
_PAUSE = Image()
_REDIS = _server("6379", flags=("--port",))
_MYSQL = _server("3306", flags=("--port", "-P"))
_AGNHOST = Image(page="agnhost")

IMAGES: Mapping[str, Image] = {
    # Web servers.
    "nginx": _web("80", page="nginx"),
    "nginxinc/nginx-unprivileged": _web("8080", page="nginx"),
    "nginxdemos/hello": _web("80", page="whoami"),
    "bitnami/nginx": _web("8080", "8443", page="nginx"),
    "httpd": _web("80", page="httpd"),
    "caddy": _web("80", "443", page="caddy"),
    "traefik": _web("80", page="plain"),
    "haproxy": _server(),
    "envoyproxy/envoy": _web("10000", page="plain"),
    "tomcat": _web("8080", page="tomcat"),
    "jetty": _web("8080", page="plain"),
    "php": _web("80", page="plain"),
    "wordpress": _web("80", page="plain"),
    "ghost": _web("2368", page="plain"),
    "drupal": _web("80", page="plain"),
    "nextcloud": _web("80", page="plain"),
    "adminer": _web("8080", page="plain"),
    "phpmyadmin": _web("80", page="plain"),
    "mongo-express": _web("8081", page="plain"),
    # Servers made to show who answered.
    "traefik/whoami": _web("80", page="whoami", flags=("--port", "-port"), variables=("WHOAMI_PORT_NUMBER",)),
    "containous/whoami": _web("80", page="whoami", flags=("--port", "-port")),
    "jwilder/whoami": _web("8000", page="hostname", variables=("PORT",)),
    "hashicorp/http-echo": _web("5678", page="http-echo", flags=("-listen", "--listen")),
    "kennethreitz/httpbin": _web("80", page="httpbin"),
    "mccutchen/go-httpbin": _web("8080", page="httpbin", variables=("PORT",)),
    "ealen/echo-server": _web("80", page="echo", flags=("--port",), variables=("PORT",)),
    "jmalloc/echo-server": _web("8080", page="echo", variables=("PORT",)),
    "mendhak/http-https-echo": _web("8080", "8443", page="echo", variables=("HTTP_PORT",)),
    "inanimate/echo-server": _web("8080", page="echo", variables=("PORT",)),
    "echoserver": _web("8080", page="echo"),
    "google_containers/echoserver": _web("8080", page="echo"),
    "gcr.io/google_containers/echoserver": _web("8080", page="echo"),
    "stefanprodan/podinfo": Image(("9898", "9999"), ("9898",), page="podinfo", port_flags=("--port",)),
    "paulbouwer/hello-kubernetes": _web("8080", page="hello", variables=("PORT",)),
    "hello-app": _web("8080", page="hello", variables=("PORT",)),
    "google-samples/hello-app": _web("8080", page="hello", variables=("PORT",)),
    "google-samples/kubernetes-bootcamp": _web("8080", page="bootcamp"),
    "kubernetes-bootcamp": _web("8080", page="bootcamp"),
    "google-samples/node-hello": _web("8080", page="hello", variables=("PORT",)),
    "google-samples/gb-frontend": _web("80", page="plain"),
    "google-samples/gb-redis-follower": _server("6379"),
    "google-samples/gb-redisslave": _server("6379"),
    "google-samples/cassandra": _server("9042", "7000", "7001", "7199"),
    "google-samples/xtrabackup": _server("3307"),
    "google-samples/zone-printer": _web("80", page="plain"),
    "google-samples/whereami": _web("8080", page="hostname"),
    "google_samples/gb-frontend": _web("80", page="plain"),
    "google_samples/gb-redisslave": _server("6379"),
    "guestbook": _web("3000", page="plain"),
    "redis-slave": _server("6379"),
    "bookinfo/productpage": _web("9080", page="plain"),
    "kuar-demo/kuard-amd64": _web("8080", page="plain", flags=("--address",)),
    "kuar-demo/kuard-arm64": _web("8080", page="plain", flags=("--address",)),
    "kuar-demo/kuard": _web("8080", page="plain", flags=("--address",)),
    "luksa/kubia": _web("8080", page="plain"),
    "luksa/kubia-unhealthy": _web("8080", page="plain"),
    "fabric8/configmapcontroller": Image(),
    "google-samples/hello-frontend": _web("80", page="plain"),
    "google-samples/hello-go-gke": _web("80", page="plain"),
    "google-samples/hello-backend": _web("80", page="plain"),
    "google-samples/k8szk": _server("2181", "2888", "3888"),
    "google-samples/nginx": _web("80", page="nginx"),
    "nginxdemos/nginx-hello": _web("8080", page="whoami"),
    "hashicorp/counting-service": _web("9001", page="plain", variables=("PORT",)),
    "hashicorp/dashboard-service": _web("9002", page="plain", variables=("PORT",)),
    "dockersamples/examplevotingapp_vote": _web("80", page="plain"),
    "dockersamples/examplevotingapp_result": _web("80", page="plain"),
    "dockersamples/examplevotingapp_worker": Image(),
    "kodekloud/webapp-color": _web("8080", page="plain"),
    "kicbase/echo-server": _web("8080", page="echo", variables=("PORT",)),
    "karthequian/helloworld": _web("80", page="plain"),
    "tutum/hello-world": _web("80", page="hostname"),
    "strm/helloworld-http": _web("80", page="hostname"),
    "crccheck/hello-world": _web("8000", page="plain", variables=("PORT",)),
    "jpetazzo/httpenv": _web("8888", page="plain"),
    "joseluisq/static-web-server": _web("80", page="plain", flags=("--port",), variables=("SERVER_PORT",)),
    "solsson/kafka": _server("9092"),
    "fortio/fortio": Image(("8080", "8079", "8078/udp"), ("8080",), page="echo"),
    "e2e-test-images/agnhost": _AGNHOST,
    "e2e-test-images/nginx": _web("80", page="nginx"),
    "e2e-test-images/httpd": _web("80", page="httpd"),
    "e2e-test-images/echoserver": _web("8080", page="echo"),
    "e2e-test-images/jessie-dnsutils": Image(),
    "e2e-test-images/busybox": _SHELL,
    "agnhost": _AGNHOST,
    "serve_hostname": _web("9376", page="hostname"),
    "hpa-example": _web("80", page="plain"),
    "cilium/json-mock": _web("80", page="plain", variables=("PORT",)),
    "argoproj/rollouts-demo": _web("8080", page="plain"),
    "hello-world": Image(stays=False),
    # Data stores and queues.
    "redis": _REDIS,
    "valkey/valkey": _REDIS,
    "bitnami/redis": _server("6379", variables=("REDIS_PORT_NUMBER",)),
    "redis/redis-stack": Image(("6379", "8001"), ("8001",)),
    "postgres": _server("5432", flags=("-p",), variables=("PGPORT",)),
    "bitnami/postgresql": _server("5432", variables=("POSTGRESQL_PORT_NUMBER",)),
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "bitnami/mysql": _MYSQL,
    "bitnami/mariadb": _MYSQL,
    "percona": _MYSQL,
    "mongo": _server("27017", flags=("--port",)),
    "bitnami/mongodb": _server("27017"),
    "memcached": Image(("11211",), port_flags=("-p",)),
    "bitnami/memcached": _server("11211"),
    "rabbitmq": _server("5672", "15692", "25672", "4369"),
    "bitnami/rabbitmq": Image(("5672", "15672", "25672", "4369"), ("15672",)),
    "eclipse-mosquitto": _server("1883"),
    "emqx/emqx": Image(("1883", "8083", "18083", "8883"), ("8083", "18083")),
    "hivemq/hivemq4": Image(("1883", "8080"), ("8080",)),
    "mcr.microsoft.com/mssql/server": _server("1433", variables=("MSSQL_TCP_PORT",)),
    "timescale/timescaledb": _server("5432", flags=("-p",)),
    "postgis/postgis": _server("5432", flags=("-p",)),
    "pgbouncer/pgbouncer": _server("5432"),
    "clickhouse/clickhouse-server": Image(("8123", "9000", "9009"), ("8123",)),
    "scylladb/scylla": _server("9042", "7000", "7001", "9160"),
    "opensearchproject/opensearch": Image(("9200", "9300", "9600"), ("9200",)),
    "docker.elastic.co/elasticsearch/elasticsearch": Image(("9200", "9300"), ("9200",)),
    "docker.elastic.co/kibana/kibana": _web("5601", page="plain"),
    "apachepulsar/pulsar": _server("6650", "8080"),
    "natsio/nats-box": _SHELL,
    "cassandra": _server("9042", "7000", "7001", "7199"),
    "elasticsearch": Image(("9200", "9300"), ("9200",), page="plain"),
    "kibana": _web("5601", page="plain"),
    "etcd": Image(("2379", "2380"), ("2379",)),
    "zookeeper": _server("2181", "2888", "3888", "8080"),
    "confluentinc/cp-kafka": _server("9092"),
    "apache/kafka": _server("9092", "9093"),
    "bitnami/kafka": _server("9092"),
    "nats": Image(("4222", "8222", "6222"), ("8222",), port_flags=("-p", "--port")),
    "minio/minio": Image(("9000",), ("9000",), page="plain"),
    "influxdb": _web("8086", page="plain"),
    "cockroachdb/cockroach": Image(("26257", "8080"), ("8080",)),
    "couchdb": _web("5984", page="plain"),
    "neo4j": Image(("7474", "7687"), ("7474",)),
    "consul": Image(("8500", "8600", "8600/udp", "8300", "8301", "8302"), ("8500",)),
    "vault": _web("8200", page="plain"),
    # Observability and delivery.
    "prom/prometheus": _web("9090", page="plain"),
    "prom/node-exporter": _web("9100", page="plain"),
    "prom/alertmanager": Image(("9093", "9094", "9094/udp"), ("9093",)),
    "prometheus/node-exporter": _web("9100", page="plain"),
    "prometheus/prometheus": _web("9090", page="plain"),
    "prom/pushgateway": _web("9091", page="plain"),
    "prom/blackbox-exporter": _web("9115", page="plain"),
    "grafana/promtail": _web("9080", page="plain"),
    "grafana/tempo": Image(("3200", "4317", "4318"), ("3200", "4318")),
    "openzipkin/zipkin": _web("9411", page="plain"),
    "kube-state-metrics/kube-state-metrics": _web("8080", "8081", page="plain"),
    "otel/opentelemetry-collector": Image(("4317", "4318", "13133", "8888"), ("4318", "13133", "8888")),
    "fluent/fluent-bit": Image(("2020",), ("2020",)),
    "fluent/fluentd": Image(("24224", "24224/udp", "5140")),
    "gitea/gitea": Image(("3000", "22"), ("3000",), page="plain"),
    "gitlab/gitlab-ce": Image(("80", "443", "22"), ("80", "443"), page="plain"),
    "portainer/portainer-ce": Image(("9000", "9443", "8000"), ("9000", "9443"), page="plain"),
    "argoproj/argocd": _server("8080", "8083"),
    "grafana/grafana": _web("3000", page="plain"),
    "grafana/loki": _web("3100", page="plain"),
    "jaegertracing/all-in-one": Image(("16686", "14268", "4317", "4318", "6831/udp"), ("16686",)),
    "jenkins/jenkins": Image(("8080", "50000"), ("8080",), page="plain"),
    "registry": _web("5000", page="plain"),
    "sonarqube": _web("9000", page="plain"),
    "keycloak/keycloak": _web("8080", page="plain"),
    "metrics-server/metrics-server": _server("10250"),
    "ingress-nginx/controller": Image(("80", "443", "10254"), ("80", "443")),
    # DNS.
    "coredns/coredns": Image(("53/udp", "53", "9153", "8080", "8181"), ("9153", "8080", "8181")),
    "coredns": Image(("53/udp", "53", "9153", "8080", "8181"), ("9153", "8080", "8181")),
    # Images that wait.
    "pause": _PAUSE,
    "kubernetes/pause": _PAUSE,
    "google_containers/pause": _PAUSE,
    # Images that exit when nobody tells them what to do.
    "curlimages/curl": _CURL,
    "curl/curl": _CURL,
    "radial/busyboxplus": _SHELL,
    "yauritux/busybox-curl": _SHELL,
    "busybox": _SHELL,
    "alpine": _SHELL,
    "ubuntu": _SHELL,
    "debian": _SHELL,
    "fedora": _SHELL,
    "centos": _SHELL,
    "rockylinux": _SHELL,
    "almalinux": _SHELL,
    "archlinux": _SHELL,
    "amazonlinux": _SHELL,
    "bash": _SHELL,
    "buildpack-deps": _SHELL,
    "nicolaka/netshoot": _SHELL,
    "praqma/network-multitool": _web("80", "443", page="nginx", variables=("HTTP_PORT",)),
    "wbitt/network-multitool": _web("80", "443", page="nginx", variables=("HTTP_PORT",)),
    "tutum/dnsutils": _SHELL,
    "alpine/curl": _CURL,
    "alpine/socat": Image(stays=False, exit_code=1, shell=True),
    "bitnami/kubectl": Image(stays=False, shell=True),
    "python": _SHELL,
    "node": _SHELL,
    "golang": _SHELL,
    "ruby": _SHELL,
    "perl": _SHELL,
    "openjdk": _SHELL,
    "eclipse-temurin": _SHELL,
    "rust": _SHELL,
    "gcc": _SHELL,
    "docker": _SHELL,
}

PREFIXES: Mapping[str, Image] = {
    "istio/examples-bookinfo-": _web("9080", page="plain"),
    "release/examples-bookinfo-": _web("9080", page="plain"),
    "examples-bookinfo-": _web("9080", page="plain"),
    "dockersamples/": _web("80", page="plain"),
    "mcr.microsoft.com/dotnet/samples": _web("8080", page="plain"),
    "coreos/coredns": Image(("53/udp", "53", "9153", "8080", "8181"), ("9153",)),
    "google_containers/pause": _PAUSE,
    "pause-": _PAUSE,
}
