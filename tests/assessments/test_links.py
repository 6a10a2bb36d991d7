from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessments.errors import AssessmentError
from assessments.links import normalize
from organizations.public_address import is_public
from tests.examples import examples

NORMALIZED = [
    ("https://github.com/amira/rag-eval", "https://github.com/amira/rag-eval"),
    ("  https://GitHub.com/Amira/Rag-Eval/  ", "https://github.com/Amira/Rag-Eval"),
    ("HTTPS://github.com./amira/rag-eval", "https://github.com/amira/rag-eval"),
    ("https://github.com:443/amira", "https://github.com/amira"),
    ("http://demo.example:80/", "http://demo.example/"),
    ("http://demo.example:443/", "http://demo.example:443/"),
    ("https://demo.example", "https://demo.example/"),
    ("https://demo.example/a?utm_source=x&page=2&fbclid=1&UTM_Medium=y", "https://demo.example/a?page=2"),
    ("https://demo.example/a?utm_source=x", "https://demo.example/a"),
    ("https://demo.example/a%20b/c d".replace(" ", "é"), "https://demo.example/a%20b/c%C3%A9d"),
    ("https://demo.example/nb#scrollTo=3", "https://demo.example/nb#scrollTo=3"),
    ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
    ("https://demo.example/%c3%a9?q=%2f", "https://demo.example/%C3%A9?q=%2F"),
    ("https://demo.example/a?gad_source=1&_gl=x&si=2&igsh=y", "https://demo.example/a?si=2"),
    ("https://demo.example/tree/main", "https://demo.example/tree/main"),
    ("git@github.com:amira/rag-eval.git", "https://github.com/amira/rag-eval"),
    ("git@codeberg.org:amira/rag-eval/", "https://codeberg.org/amira/rag-eval"),
    ("ssh://git@github.com:22/amira/rag-eval.git", "https://github.com/amira/rag-eval"),
    ("ssh://git@ssh.github.com:443/amira/rag-eval.git", "https://github.com/amira/rag-eval"),
    ("git+ssh://git@altssh.gitlab.com/school/cohort/rag-eval", "https://gitlab.com/school/cohort/rag-eval"),
    ("ssh://git@GitLab.com/amira/group/rag-eval.git", "https://gitlab.com/amira/group/rag-eval"),
    ("https://8.8.8.8/demo", "https://8.8.8.8/demo"),
    ("https://[2606:4700:4700::1111]/demo", "https://[2606:4700:4700::1111]/demo"),
]


@pytest.mark.parametrize(("given", "normalized"), NORMALIZED)
def test_links_get_one_form(given: str, normalized: str) -> None:
    assert normalize(given) == normalized
    assert normalize(normalized) == normalized


@pytest.mark.parametrize(
    ("given", "normalized"),
    [
        ("https://github.com/amira/rag-eval.git/", "https://github.com/amira/rag-eval"),
        ("https://www.github.com/amira/rag-eval/tree/main/", "https://github.com/amira/rag-eval"),
        ("https://github.com/amira/rag-eval.git/tree/master", "https://github.com/amira/rag-eval"),
        ("https://gitlab.com/school/a/b/-/tree/main?ref_type=heads", "https://gitlab.com/school/a/b?ref_type=heads"),
        ("https://codeberg.org/amira/rag-eval/src/branch/main", "https://codeberg.org/amira/rag-eval"),
        # Another branch and a folder say what to look at.
        ("https://github.com/amira/rag-eval/tree/v1.0", "https://github.com/amira/rag-eval/tree/v1.0"),
        ("https://github.com/amira/all/tree/main/eval", "https://github.com/amira/all/tree/main/eval"),
        ("https://github.com/amira/main", "https://github.com/amira/main"),
    ],
)
def test_links_to_a_repository_lose_what_says_nothing(given: str, normalized: str) -> None:
    assert normalize(given, repository=True) == normalized


def test_other_links_keep_their_suffix() -> None:
    assert normalize("https://demo.example/file.git") == "https://demo.example/file.git"


HOSTS = st.sampled_from(
    ["GitHub.com", "www.github.com.", "gitlab.com:443", "demo.example", "bücher.example", "8.8.8.8"]
)
PIECES = st.sampled_from([
    "/", "//", "a", "B", ".git", "/tree/main", "/-/tree/HEAD", "/src/branch/main", "%c3", "%", "é", "..", ";", "?", "&",
    "utm_source=x", "q=%2f", "=", "#", "@", ":", "+", "'",
])  # fmt: skip


@settings(max_examples=examples(200), deadline=None)
@given(
    start=st.sampled_from(["https://", "HTTP://", "git@", "ssh://git@"]),
    host=HOSTS,
    pieces=st.lists(PIECES, max_size=8),
    repository=st.booleans(),
)
def test_normalizing_twice_changes_nothing(start: str, host: str, pieces: list[str], repository: bool) -> None:
    separator = ":" if start == "git@" else "/"
    try:
        once = normalize(start + host + separator + "".join(pieces), repository=repository)
    except AssessmentError:
        return
    assert normalize(once, repository=repository) == once


REFUSED = [
    ("github.com/amira/rag-eval", "link_scheme"),
    ("", "link_scheme"),
    ("ftp://demo.example/x", "link_scheme"),
    ("javascript:alert(1)", "link_scheme"),
    ("file:///etc/passwd", "link_scheme"),
    ("https:///path", "link_scheme"),
    ("https://", "link_scheme"),
    ("https://demo.example/a b", "link_not_web"),
    ("https://demo.example\\@127.0.0.1/", "link_not_web"),
    ("https://demo.example/\x00", "link_not_web"),
    ("https://demo..example/", "link_not_web"),
    ("https://-/", "link_private"),
    ("https://demo.example:99999/", "link_not_web"),
    ("https://demo.example:no/", "link_not_web"),
    ("https://[::1/", "link_not_web"),
    ("https://999.1.1.1/", "link_not_web"),
    ("https://4294967297/", "link_not_web"),
    ("https://amira:secret@github.com/x", "link_credentials"),
    ("https://token@github.com/x", "link_credentials"),
    ("https://demo.example:8080/", "link_port"),
    ("https://demo.example:22/", "link_port"),
    ("https://demo.example/" + "x" * 500, "link_too_long"),
    ("https://demo.example/" + "é" * 100, "link_too_long"),
    # a computer or network of one's own, in every spelling
    ("http://localhost/", "link_private"),
    ("http://LOCALHOST./", "link_private"),
    ("http://app.localhost/", "link_private"),
    ("http://intranet/", "link_private"),
    ("http://printer.local/", "link_private"),
    ("http://db.internal/", "link_private"),
    ("http://router.home.arpa/", "link_private"),
    ("http://127.0.0.1/", "link_private"),
    ("http://127.1/", "link_private"),
    ("http://2130706433/", "link_private"),
    ("http://0x7f000001/", "link_private"),
    ("http://0x7f.0.0.1/", "link_private"),
    ("http://0177.0.0.1/", "link_private"),
    ("http://017700000001/", "link_private"),
    ("http://１２７.０.０.１/", "link_private"),
    ("http://127。0。0。1/", "link_private"),
    ("http://0/", "link_private"),
    ("http://0.0.0.0/", "link_private"),
    ("http://10.0.0.7/", "link_private"),
    ("http://172.16.0.1/", "link_private"),
    ("http://192.168.1.1/", "link_private"),
    ("http://100.64.0.1/", "link_private"),
    ("http://169.254.169.254/latest/meta-data/", "link_private"),
    ("http://2852039166/", "link_private"),
    ("http://224.0.0.1/", "link_private"),
    ("http://255.255.255.255/", "link_private"),
    ("http://[::1]/", "link_private"),
    ("http://[::]/", "link_private"),
    ("http://[::ffff:127.0.0.1]/", "link_private"),
    ("http://[::ffff:a9fe:a9fe]/", "link_private"),
    ("http://[::127.0.0.1]/", "link_private"),
    ("http://[64:ff9b::10.0.0.1]/", "link_private"),
    ("http://[2002:7f00:1::]/", "link_private"),
    ("http://[fe80::1]/", "link_private"),
    ("http://[fe80::1%25eth0]/", "link_private"),
    ("http://[fd00::1]/", "link_private"),
    ("http://[fec0::1]/", "link_private"),
    ("http://[ff02::1]/", "link_private"),
    ("git@127.0.0.1:amira/x.git", "link_private"),
    ("git@localhost:amira/x.git", "link_private"),
]


@pytest.mark.parametrize(("given", "code"), REFUSED)
def test_what_is_plainly_not_on_the_public_web_is_refused(given: str, code: str) -> None:
    with pytest.raises(AssessmentError) as refusal:
        normalize(given)
    assert refusal.value.code == code


def test_refusal_tells_the_fix() -> None:
    with pytest.raises(AssessmentError, match=r"^Enter a link that starts with https://$"):
        normalize("github.com/amira/rag-eval")


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["2001:0:7f00:1::", "2001:db8::1", "2002:808:808::", "64:ff9b:1::1", "::ffff:10.0.0.1", "198.18.0.1", "240.0.0.1"],
)
def test_addresses_that_are_not_for_everybody(address: str) -> None:
    assert not is_public(ip_address(address))
