"""Single files written again by every way there is in Hadoop's interface, through the application's JVM.

Each way replaces the object under one key by another of the same length: what a cache that goes by name and
length would not see.
"""
from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Callable, Dict


def content(command: dict) -> bytes:
    """Lines of a fixed length, different for each version."""
    return "".join(f"{command['version']:06d} line {number:06d}\n" for number in range(command["lines"])).encode()


class Store:
    """Hadoop's file system for one path, as the JVM has it."""

    def __init__(self, session, path: str):
        self.jvm = session._jvm
        self.conf = session._jsc.hadoopConfiguration()
        self.path = self.at(path)
        self.files = self.path.getFileSystem(self.conf)

    def at(self, path: str):
        return self.jvm.org.apache.hadoop.fs.Path(path)

    def another(self):
        """A further instance, as another user of the process has."""
        return self.jvm.org.apache.hadoop.fs.FileSystem.newInstance(self.path.toUri(), self.conf)


def create(session, command: dict) -> dict:
    store = Store(session, command["path"])
    pour(store.files.create(store.path, True), content(command))
    return {}


def create_by_builder(session, command: dict) -> dict:
    store = Store(session, command["path"])
    pour(store.files.createFile(store.path).overwrite(True).build(), content(command))
    return {}


def create_by_another_instance(session, command: dict) -> dict:
    store = Store(session, command["path"])
    other = store.another()
    pour(other.createFile(store.path).overwrite(True).build(), content(command))
    other.close()
    return {}


def rename_over(session, command: dict) -> dict:
    store = Store(session, command["path"])
    beside = store.at(command["path"] + ".new")
    pour(store.files.create(beside, True), content(command))
    store.files.delete(store.path, False)
    return {"renamed": bool(store.files.rename(beside, store.path))}


def copy_from_local(session, command: dict) -> dict:
    store = Store(session, command["path"])
    with tempfile.TemporaryDirectory() as folder:
        local = Path(folder) / "content"
        local.write_bytes(content(command))
        store.files.copyFromLocalFile(False, True, store.at(local.as_uri()), store.path)
    return {}


def upload_in_parts(session, command: dict) -> dict:
    """By the file system's own multipart uploader, which goes past create and close."""
    store = Store(session, command["path"])
    uploader = store.files.createMultipartUploader(store.path.getParent()).build()
    body = content(command)
    upload = uploader.startUpload(store.path).get()
    stream = store.jvm.java.io.ByteArrayInputStream(bytearray(body))
    last = [True] if since_3_4_2(store.jvm) else []
    part = uploader.putPart(upload, 1, *last, store.path, stream, len(body)).get()
    uploader.complete(upload, store.path, {1: part}).get()
    uploader.close()
    return {}


def since_3_4_2(jvm) -> bool:
    """Whether a part must say if it is the last one."""
    version = jvm.org.apache.hadoop.util.VersionInfo.getVersion()
    return tuple(int(number) for number in version.split("-")[0].split(".")) >= (3, 4, 2)


def delete_in_bulk(session, command: dict) -> dict:
    """Past delete(); Hadoop 3.4.1 has it."""
    store = Store(session, command["path"])
    try:
        bulk = store.files.createBulkDelete(store.path.getParent())
    except Exception:
        return {"bulk": False, "deleted": bool(store.files.delete(store.path, False))}
    left = bulk.bulkDelete([store.path])
    bulk.close()
    return {"left": left.size()}


def status(session, command: dict) -> dict:
    store = Store(session, command["path"])
    if not store.files.exists(store.path):
        return {"exists": False}
    return {"exists": True, "length": store.files.getFileStatus(store.path).getLen()}


def pour(stream, body: bytes) -> None:
    stream.write(bytearray(body))
    stream.close()


def committer(session, path: str) -> str:
    """Which committer wrote a folder, by the _SUCCESS file that S3A's leave; empty for another's."""
    store = Store(session, path.rstrip("/") + "/_SUCCESS")
    if not store.files.exists(store.path):
        return "no _SUCCESS"
    stream = store.files.open(store.path)
    try:
        text = store.jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
    finally:
        stream.close()
    return json.loads(text).get("committer", "") if text else ""


def folders(session, path: str) -> Dict[str, int]:
    """Every folder at or below `path` that has files, with their number; a store may show empty ones for a while."""
    store = Store(session, path)
    root = str(store.path.toUri().getPath())
    found: Dict[str, int] = {}
    listing = store.files.listFiles(store.path, True)
    while listing.hasNext():
        folder = str(listing.next().getPath().getParent().toUri().getPath())[len(root):]
        found[folder] = found.get(folder, 0) + 1
    return dict(sorted(found.items()))


FILES: Dict[str, Callable[[object, dict], dict]] = {
    "create": create, "builder": create_by_builder, "another-instance": create_by_another_instance, "rename": rename_over,
    "copy-from-local": copy_from_local, "parts": upload_in_parts, "bulk-delete": delete_in_bulk, "status": status}
