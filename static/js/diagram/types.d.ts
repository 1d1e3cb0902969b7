export type Labels = Record<string, string>;

export interface ServicePort {
  name: string;
  port: number;
  target: number | string;
  node: number;
  proto: string;
}

/** One drawn object, as app/web/diagram.py makes it; which fields it has depends on its kind. */
export interface Element {
  ref: string;
  kind: string;
  ns: string;
  name: string;
  labels?: Labels;
  ip?: string;
  node?: string;
  owner?: string;
  image?: string;
  ready?: boolean | number;
  word?: string;
  tone?: Tone;
  asks?: boolean;
  type?: string;
  external?: string[];
  alias?: string;
  selector?: Labels;
  ports?: (ServicePort | number)[];
  dns?: boolean;
  service?: string;
  to?: [string, EndpointState][];
  open?: boolean;
  cidr?: string;
  zone?: string;
  proxy?: string;
  template?: Labels;
  replicas?: number;
  revision?: string;
  phase?: string;
  hosts?: string[];
  services?: string[];
  chosen?: LabelSelector;
  ways?: string[];
}

export interface Requirement {
  key: string;
  operator: string;
  values?: string[];
}

export interface LabelSelector {
  matchLabels?: Labels;
  matchExpressions?: Requirement[];
}

/** The policies that isolate a pod, by the way they isolate it for. */
export interface Guard {
  ways: { in: string[]; out: string[] };
}

export type Tone = "ok" | "warn" | "fail" | "wait" | "off";
export type EndpointState = "ready" | "serving" | "terminating" | "waiting";

export interface Snapshot {
  revision: number;
  now: number;
  outside: string;
  elements: Record<string, Element>;
  proxies: { head: number; synced: Record<string, number> };
  lags: boolean;
}

export interface Delta {
  revision: number;
  at: number;
  actor?: string;
  type?: string;
  provoked_by?: number;
  change?: { verb: string; ref: string };
  upsert?: Element[];
  remove?: string[];
  head?: number;
  synced?: { nodes: string[]; upto: number };
  request?: Asked;
  say?: string;
}

export interface Model {
  revision: number;
  now: number;
  outside: string;
  elements: Map<string, Element>;
  head: number;
  synced: Record<string, number>;
  behindSince: Record<string, number>;
  lags: boolean;
}

export interface Part {
  key: string;
  name: string;
  revision: number;
  pods: Element[];
}

export interface Group {
  key: string;
  kind: string;
  ns: string;
  name: string;
  labels: Labels;
  parts: Part[];
  total: number;
  ready: number;
}

export interface Front {
  key: string;
  service: Element | null;
  ns: string;
  name: string;
  slices: Element[];
  counts: Record<EndpointState, number>;
}

export interface Balancer {
  ref: string;
  service: Element;
}

export interface Arranged {
  nodes: Element[];
  clients: Element[];
  fronts: Front[];
  dns: Front | null;
  groups: Group[];
  balancers: Balancer[];
  pods: Element[];
  podsOn: Record<string, number>;
  nodePorts: number[];
  namespaces: string[];
  ingresses: Element[];
  guards: Map<string, Guard>;
}

export interface Size {
  width: number;
  height: number;
}

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

export type Form = "card" | "chip" | "dot" | "none";

export interface Placed extends Box {
  lane: string;
  form: Form;
}

export interface Lane {
  key: string;
  x: number;
  w: number;
}

export interface Band {
  front: string;
  group: string;
  h: number;
}

export interface Slots {
  gap: number;
  top: number;
  bands: Band[];
  pods: Record<string, (string | null)[]>;
  clients: (string | null)[];
  nodes: (string | null)[];
  /** In the physical view: the pods inside each node, and the Services under each other. */
  inside?: Record<string, (string | null)[]>;
  rows?: (string | null)[];
}

export interface PlacedPart {
  part: Part;
  box: Box;
  form: Form;
  pitch: number;
}

export interface PlacedGroup {
  group: Group;
  box: Box;
  parts: PlacedPart[];
}

export interface Layout {
  view: "logical" | "physical";
  /** In the physical view: where each node's kube-proxy stands. */
  doors?: Map<string, Placed>;
  lanes: Lane[];
  boxes: Map<string, Placed>;
  groups: PlacedGroup[];
  width: number;
  height: number;
  slots: Slots;
}

export interface Camera {
  x: number;
  y: number;
  k: number;
}

export interface Verdict {
  matches: boolean;
  near: boolean;
  wrong: string[];
}

export interface Command {
  op: string;
  x?: number;
  y?: number;
  w?: number;
  h?: number;
  r?: number;
  fill?: string;
  stroke?: string;
  width?: number;
  dash?: number[];
  alpha?: number;
  text?: string;
  font?: string;
  align?: CanvasTextAlign;
  points?: number[];
  underline?: boolean;
  clip?: Box;
}

export interface Packet {
  proto: string;
  src: string;
  sport: number;
  dst: string;
  dport: number;
}

export interface ObjectRef {
  kind: string;
  namespace: string;
  name: string;
  field?: string;
}

export interface Step {
  kind: string;
  action: string;
  reason: string;
  why: string;
  before: Packet;
  after: Packet;
  because?: ObjectRef[];
  rule?: string;
}

export interface Place {
  kind: string;
  namespace?: string;
  name: string;
}

export interface Trace {
  disposition: string;
  reason: string;
  hops: { at: Place; steps: Step[] }[];
}

export interface Result {
  outcome: string;
  http_status?: number;
  served_by?: { namespace: string; name: string; ip?: string } | null;
  client_ip?: string;
  dns_trace?: Trace | null;
  trace?: Trace | null;
}

export interface Summary {
  sent: number;
  by_outcome: Record<string, number>;
  by_pod: Record<string, number>;
}

export interface Asked {
  revision?: number;
  asked?: {
    from?: { pod?: string; node?: string; external?: string };
    to?: string;
    via?: { node?: string };
    [other: string]: unknown;
  };
  results?: Result[];
  summary?: Summary;
}

export interface Leg {
  from: string;
  to: string;
  t0: number;
  t1: number;
  style: "dns" | "way";
  /** Travelled from its end to its beginning: an answer. */
  reversed: boolean;
}

export interface Stop {
  at: string;
  t0: number;
  t1: number;
  step: number;
  kind: string;
  before: string;
  after: string;
  field: string;
}

export interface End {
  at: string;
  from: string;
  t: number;
  shape: "arrived" | "refused" | "silent" | "unknown" | "warned";
  place: string;
  why: string;
  step: number;
  status: number;
  saw: string;
}

export interface Plan {
  legs: Leg[];
  stops: Stop[];
  end: End;
  /** The reply runs back along the way, in one go. */
  back: { t0: number; t1: number } | null;
  duration: number;
  /** When each step of the traces is done, by its number; the DNS exchange counts first. */
  moments: number[];
  /** The rules that matched, each with its node and when. */
  rules: { node: string; rule: string; t: number }[];
  dns: { question: string; answer: string; t: number } | null;
  fault: { service: string; blamed: string[]; blame: string; tone: string } | null;
}

export interface Spread {
  by_pod: Record<string, number>;
  sent: number;
  ideal: number;
}
