"""The shapes that names, labels, ports and addresses must have, each as a list of complaints (empty: it fits).

Mirrors staging/src/k8s.io/apimachinery/pkg/util/validation/{validation,ip}.go and
pkg/api/validation/generic.go (release 1.36), to the character.
"""

from __future__ import annotations

import ipaddress
import re

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_DNS1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = f"({_QUALIFIED})?"

_LABEL_RE = re.compile(_LABEL)
_SUBDOMAIN_RE = re.compile(_SUBDOMAIN)
_DNS1035_RE = re.compile(_DNS1035)
_QUALIFIED_RE = re.compile(_QUALIFIED)
_LABEL_VALUE_RE = re.compile(_LABEL_VALUE)
_ENV_RE = re.compile("[-._a-zA-Z][-._a-zA-Z0-9]*")

_IP = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
_CIDR = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"

LABEL_LENGTH = 63
SUBDOMAIN_LENGTH = 253

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def dns1123_label(value: str) -> list[str]:
    """Complain unless the value is a lower-case RFC 1123 label of at most 63 characters."""
    found = _too_long(value, LABEL_LENGTH)
    if not _LABEL_RE.fullmatch(value):
        if _SUBDOMAIN_RE.fullmatch(value):
            return [*found, "must not contain dots"]
        text = (
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
            "and must start and end with an alphanumeric character"
        )
        found.append(_pattern(text, _LABEL, "my-name", "123-abc"))
    return found


def dns1123_subdomain(value: str) -> list[str]:
    """Complain unless the value is a lower-case RFC 1123 subdomain of at most 253 characters."""
    found = _too_long(value, SUBDOMAIN_LENGTH)
    if not _SUBDOMAIN_RE.fullmatch(value):
        text = (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
            "and must start and end with an alphanumeric character"
        )
        found.append(_pattern(text, _SUBDOMAIN, "example.com"))
    return found


def dns1035_label(value: str) -> list[str]:
    """Complain unless the value is a DNS-1035 label: as RFC 1123, and it starts with a letter."""
    found = _too_long(value, LABEL_LENGTH)
    if not _DNS1035_RE.fullmatch(value):
        text = (
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
            "start with an alphabetic character, and end with an alphanumeric character"
        )
        found.append(_pattern(text, _DNS1035, "my-name", "abc-123"))
    return found


def qualified_name(value: str) -> list[str]:
    """Complain unless the value can be a label or annotation key: `name` or `dns.prefix/name`."""
    prefix, name, found = "", value, []
    parts = value.split("/")
    if len(parts) == 2:
        prefix, name = parts
        problems = dns1123_subdomain(prefix) if prefix else ["must be non-empty"]
        found += [f"prefix part {problem}" for problem in problems]
    elif len(parts) > 2:
        return [_qualified_pattern("a valid label key must consist of")]
    if not name:
        found.append("name part must be non-empty")
    elif len(name) > LABEL_LENGTH:
        found.append(f"name part {_length_problem(LABEL_LENGTH)}")
    if not _QUALIFIED_RE.fullmatch(name):
        found.append(f"name part {_qualified_rule('must consist of')}")
    return found


def label_value(value: str) -> list[str]:
    """Complain unless the value is empty, or at most 63 characters of the label alphabet."""
    found = _too_long(value, LABEL_LENGTH)
    if not _LABEL_VALUE_RE.fullmatch(value):
        text = (
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
            "and must start and end with an alphanumeric character"
        )
        found.append(_pattern(text, _LABEL_VALUE, "MyValue", "my_value", "12345"))
    return found


def iana_svc_name(value: str) -> list[str]:
    """Complain unless the value can name a container port: at most 15 of `[a-z0-9-]`, with a letter."""
    found = _too_long(value, 15)
    if not re.fullmatch("[-a-z0-9]+", value):
        found.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", value):
        found.append("must contain at least one letter (a-z)")
    if "--" in value:
        found.append("must not contain consecutive hyphens")
    if value.startswith("-") or value.endswith("-"):
        found.append("must not begin or end with a hyphen")
    return found


def env_var_name(value: str) -> list[str]:
    """Complain unless the value can name an environment variable or the key of a ConfigMap's envFrom."""
    if _ENV_RE.fullmatch(value):
        return []
    text = (
        "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', "
        "and must not start with a digit"
    )
    return [_pattern(text, _ENV_RE.pattern, "my.env-name", "MY_ENV.NAME", "MyEnvName1")]


def config_map_key(value: str) -> list[str]:
    """Complain unless the value can be a key of a ConfigMap or Secret."""
    found = _too_long(value, SUBDOMAIN_LENGTH)
    if not re.fullmatch("[-._a-zA-Z0-9]+", value):
        text = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        found.append(_pattern(text, "[-._a-zA-Z0-9]+", "key.name", "KEY_NAME", "key-name"))
    elif value in (".", ".."):
        found.append(f"must not be '{value}'")
    elif value.startswith(".."):
        found.append("must not start with '..'")
    return found


def port_number(value: int) -> list[str]:
    """Complain unless the value is a port number."""
    return in_range(value, 1, 65535)


def in_range(value: int, low: int, high: int) -> list[str]:
    """Complain unless the value lies between the two, both included."""
    return [] if low <= value <= high else [f"must be between {low} and {high}, inclusive"]


def non_negative(value: int) -> list[str]:
    """Complain about a value below zero."""
    return [] if value >= 0 else ["must be greater than or equal to 0"]


def ip_address(value: str) -> list[str]:
    """Complain unless the value is an IPv4 or IPv6 address without leading zeros (IsValidIPForLegacyField)."""
    address = to_address(value)
    if address is None:
        return ["must not have leading 0s"] if _without_zeros(value) is not None else [_IP]
    mapped = address.version == 6 and address.ipv4_mapped is not None
    return ["must not be an IPv4-mapped IPv6 address"] if mapped else []


def to_address(value: str) -> Address | None:
    """Return the address, or None when the text is none (zone identifiers are refused, as upstream does)."""
    if "%" in value:
        return None
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None


def special_range(value: str) -> list[str]:
    """Complain about an address that no endpoint may have: unspecified, loopback, link-local (ValidateNonSpecialIP)."""
    address = to_address(value)
    if address is None:
        return [_IP]
    found = []
    if address.is_unspecified:
        found.append(f"may not be unspecified ({value})")
    if address.is_loopback:
        found.append("may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if address.is_link_local:
        found.append("may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if address in ipaddress.ip_network("224.0.0.0/24" if address.version == 4 else "ff02::/16"):
        found.append("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
    return found


def cidr(value: str) -> list[str]:
    """Complain unless the value is a network and its prefix length (IsValidCIDRForLegacyField)."""
    text, _, length = value.partition("/")
    address = to_address(text) or _without_zeros(text)
    if address is None or not re.fullmatch("[0-9]{1,5}", length) or int(length) > address.max_prefixlen:
        return [_CIDR]
    if to_address(text) is None or str(int(length)) != length:
        return ["must not have leading 0s in IP or prefix length"]
    if address.version == 6 and address.ipv4_mapped is not None:
        return ["must not have an IPv4-mapped IPv6 address"]
    beyond = int(address) & ((1 << (address.max_prefixlen - int(length))) - 1)
    return ["must not have bits set beyond the prefix length"] if beyond else []


def _without_zeros(value: str) -> Address | None:
    if not re.fullmatch(r"[0-9]{1,20}(\.[0-9]{1,20}){3}", value):
        return None
    return to_address(".".join(str(int(part)) for part in value.split(".")))


def _length_problem(limit: int) -> str:
    return f"must be no more than {limit} characters"


def _too_long(value: str, limit: int) -> list[str]:
    return [_length_problem(limit)] if len(value) > limit else []


def _pattern(text: str, pattern: str, *examples: str) -> str:
    shown = ", ".join(f" or '{example}'" if position else f"'{example}'" for position, example in enumerate(examples))
    return f"{text} (e.g. {shown}, regex used for validation is '{pattern}')"


def _qualified_rule(verb: str) -> str:
    text = f"{verb} alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
    return _pattern(text, _QUALIFIED, "MyName", "my.name", "123-abc")


def _qualified_pattern(verb: str) -> str:
    return f"{_qualified_rule(verb)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
