"""Just enough of S3 to load a bucket: signed PUT and LIST over plain HTTP, by the standard library.

Signatures follow AWS Signature Version 4 (the `Authorization` header form).
"""
from __future__ import annotations

import datetime
import hashlib
import hmac
import http.client
import urllib.parse
import xml.etree.ElementTree as xml
from typing import Dict, Iterator, Optional, Tuple

REGION = "us-east-1"


class S3Error(Exception):
    """The store answered with an error; the message holds its status and the first line of its body."""


class Bucket:
    """One bucket of a store on loopback, addressed by path."""

    def __init__(self, host: str, port: int, name: str, access_key: str, secret_key: str):
        self.host, self.port, self.name = host, port, name
        self._access_key, self._secret_key = access_key, secret_key
        self._connection = http.client.HTTPConnection(host, port, timeout=60)

    def create(self) -> None:
        self._request("PUT", f"/{self.name}", accept=(200, 409))

    def put(self, key: str, body: bytes) -> None:
        self._request("PUT", f"/{self.name}/{key}", body=body)

    def objects(self, prefix: str) -> Dict[str, Tuple[int, str]]:
        """Length and ETag (without quotes) by key."""
        found: Dict[str, Tuple[int, str]] = {}
        token: Optional[str] = None
        while True:
            query = {"list-type": "2", "prefix": prefix}
            if token:
                query["continuation-token"] = token
            answer = xml.fromstring(self._request("GET", f"/{self.name}", query))
            for entry in _children(answer, "Contents"):
                found[_text(entry, "Key")] = (int(_text(entry, "Size")), _text(entry, "ETag").strip('"'))
            token = _text(answer, "NextContinuationToken")
            if not token:
                return found

    def close(self) -> None:
        self._connection.close()

    def _request(self, method: str, path: str, query: Optional[Dict[str, str]] = None, body: bytes = b"",
                 accept: Tuple[int, ...] = (200,)) -> bytes:
        path = urllib.parse.quote(path, safe="/-_.~")
        text = "&".join(f"{_quote(k)}={_quote(v)}" for k, v in sorted((query or {}).items()))
        headers = self._signed(method, path, text, hashlib.sha256(body).hexdigest())
        self._connection.request(method, path + ("?" + text if text else ""), body=body, headers=headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status not in accept:
            raise S3Error(f"{method} {path} was answered {answer.status}: {content[:300].decode(errors='replace')}")
        return content

    def _signed(self, method: str, path: str, query: str, body_hash: str) -> Dict[str, str]:
        now = datetime.datetime.now(datetime.timezone.utc)
        stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        headers = {"host": f"{self.host}:{self.port}", "x-amz-content-sha256": body_hash, "x-amz-date": stamp}
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        canonical = "\n".join([method, path, query, lines, names, body_hash])
        scope = f"{day}/{REGION}/s3/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        signature = hmac.new(signing_key(self._secret_key, day), to_sign.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={self._access_key}/{scope}, "
                                    f"SignedHeaders={names}, Signature={signature}")
        return headers


def signing_key(secret: str, day: str, region: str = REGION, service: str = "s3") -> bytes:
    key = ("AWS4" + secret).encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _quote(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")


def _children(element: xml.Element, name: str) -> Iterator[xml.Element]:
    return (child for child in element if child.tag.rpartition("}")[2] == name)


def _text(element: xml.Element, name: str) -> str:
    for child in _children(element, name):
        return child.text or ""
    return ""
