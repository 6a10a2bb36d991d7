"""Which credentials hold, as W3C Bitstring Status Lists: a bit for each certificate, set once it is void.

A list has 131,072 bits, the least that the recommendation allows, and places are drawn at random: who fetches a list
to look at one credential tells nobody which.
"""

import base64
import gzip
import secrets

from assessments.models import Certificate

SIZE = 131_072


def free_indexes(number: int) -> list[int]:
    """So many places that no certificate of the organization has, in lists that are half empty still.

    Two that are drawn at once may be the same; the database refuses the second.
    """
    begun = Certificate.objects.count() if number else 0
    found: list[int] = []
    while len(found) < number:
        drawn = {(begun + place) // (SIZE // 2) * SIZE + secrets.randbelow(SIZE) for place in range(len(found), number)}
        taken = set(Certificate.objects.filter(status_index__in=drawn).values_list("status_index", flat=True))
        found += drawn - taken - set(found)
    return found


def place_of(certificate: Certificate) -> tuple[int, int]:
    """The number of its list, and its bit in there."""
    return divmod(certificate.status_index, SIZE)


def encoded_list(number: int) -> str:
    """The list as multibase base64url of GZIP, the first bit leftmost."""
    bits = bytearray(SIZE // 8)
    within = (number * SIZE, (number + 1) * SIZE - 1)
    void = Certificate.objects.void().filter(status_index__range=within)
    for index in void.values_list("status_index", flat=True):
        place = index - number * SIZE
        bits[place // 8] |= 0x80 >> place % 8
    packed = gzip.compress(bytes(bits), mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).decode().rstrip("=")
