"""hostile.py NAME: writes an archive that means harm to standard output."""
import sys
import tarfile
import zlib

ZEROS = bytes(1 << 20)


def write(*entries):
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
        for name, kind, target in entries:
            entry = tarfile.TarInfo(name)
            entry.type = kind
            entry.linkname = target
            if kind == tarfile.BLKTYPE:
                entry.linkname, entry.devmajor, entry.devminor, entry.mode = "", 8, 0, 0o666
            tar.addfile(entry)


def write_packed(first, piece, times):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    sys.stdout.buffer.write(packer.compress(first))
    for _ in range(times):
        sys.stdout.buffer.write(packer.compress(piece))
    sys.stdout.buffer.write(packer.flush())


def header(name, size):
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry.tobuf(tarfile.PAX_FORMAT)


FILE, LINK, HARD = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
name = sys.argv[1]
if name == "dotdot":
    write(("../escaped", FILE, ""))
elif name == "absolute":
    write(("/absolute", FILE, ""))
elif name == "through-a-link":
    write(("out", LINK, "/tmp"), ("out/escaped", FILE, ""))
elif name == "hard-link":
    write(("passwd", HARD, "../../../etc/passwd"))
elif name == "whiteout":
    write(("../.wh.etc", FILE, ""))
elif name == "whiteout-of-itself":
    write(("a/.wh..", FILE, ""))
elif name == "links":
    write(*[("l%d" % i, LINK, "l%d" % (i + 1)) for i in range(100)], ("l0/x", FILE, ""))
elif name == "device":
    with tarfile.open(sys.argv[2]) as root, tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
        for entry in root:
            tar.addfile(entry, root.extractfile(entry) if entry.isreg() else None)
        node = tarfile.TarInfo("disk")
        node.type, node.devmajor, node.devminor, node.mode = tarfile.BLKTYPE, 8, 0, 0o666
        tar.addfile(node)
elif name == "bomb":
    # A thousand times as large as it looks.
    write_packed(header("zeros", 128 << 20), ZEROS, 128)
else:
    sys.exit("no archive of this name: " + name)
