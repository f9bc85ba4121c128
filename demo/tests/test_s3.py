"""Signing against the example in AWS's documentation, and listing over several pages."""
import hashlib
import hmac
import http.server
import threading
import unittest
import urllib.parse

from s3 import Bucket, S3Error, signing_key


class SigningKey(unittest.TestCase):
    def test_the_documented_example(self):
        # "Deriving a signing key", AWS General Reference.
        key = signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20120215", "us-east-1", "iam")
        self.assertEqual(key.hex(), "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d")


class Store(http.server.BaseHTTPRequestHandler):
    """Checks every signature anew and answers like a store with one object per page."""

    secret = "a secret"
    objects = {"tpch/a b": b"one", "tpch/c+d": b"three"}
    put = {}

    def do_GET(self):
        self.verify(b"")
        query = dict(urllib.parse.parse_qsl(self.path.partition("?")[2]))
        page = int(query.get("continuation-token", "0"))
        key, body = sorted(self.objects.items())[page]
        token = "" if page + 1 == len(self.objects) else f"<NextContinuationToken>{page + 1}</NextContinuationToken>"
        self.answer(f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Contents><Key>{key}</Key>'
                    f"<Size>{len(body)}</Size><ETag>&quot;tag-{page}&quot;</ETag></Contents>{token}</ListBucketResult>")

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.endswith("denied"):
            self.answer("<Error>AccessDenied</Error>", 403)
            return
        self.verify(body)
        self.put[urllib.parse.unquote(self.path)] = body
        self.answer("")

    def verify(self, body):
        path, _, query = self.path.partition("?")
        fields = dict(part.strip().split("=", 1) for part in self.headers["authorization"].split(" ", 1)[1].split(","))
        names = fields["SignedHeaders"].split(";")
        lines = "".join(f"{name}:{self.headers[name]}\n" for name in names)
        body_hash = hashlib.sha256(body).hexdigest()
        canonical = "\n".join([self.command, path, query, lines, ";".join(names), body_hash])
        stamp = self.headers["x-amz-date"]
        scope = "/".join(fields["Credential"].split("/")[1:])
        text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        expected = hmac.new(signing_key(self.secret, stamp[:8]), text.encode(), hashlib.sha256).hexdigest()
        assert fields["Signature"] == expected, "wrong signature"

    def answer(self, text, status=200):
        self.send_response(status)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class Buckets(unittest.TestCase):
    def setUp(self):
        self.server = http.server.HTTPServer(("127.0.0.1", 0), Store)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.bucket = Bucket("127.0.0.1", self.server.server_port, "lake", "key", Store.secret)

    def tearDown(self):
        self.bucket.close()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def test_all_pages_of_a_listing_are_read(self):
        self.assertEqual(self.bucket.objects("tpch/"), {"tpch/a b": (3, "tag-0"), "tpch/c+d": (5, "tag-1")})

    def test_a_put_is_signed_with_its_body_and_odd_keys(self):
        self.bucket.put("x/ä b+c=d.parquet", b"body")
        self.assertEqual(Store.put["/lake/x/ä b+c=d.parquet"], b"body")

    def test_a_refusal_is_an_error_that_says_so(self):
        with self.assertRaisesRegex(S3Error, "PUT /lake/denied was answered 403.*AccessDenied"):
            self.bucket.put("denied", b"")
