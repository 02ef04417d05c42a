"""Reads real and synthetic Rubin alerts, for the scripts beside this one."""

import gzip
import io
import json
import os
import re
import shlex
import struct
import subprocess
import tempfile
from pathlib import Path

import fastavro
import fastavro.schema
import numpy
from astropy.io import fits

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = f"node {shlex.quote(str(ROOT / 'dist/src/cli/main.js'))}"
VERSIONS = ("9.0", "10.0", "11.0", "11.1")
CUTOUTS = ("cutoutDifference", "cutoutScience", "cutoutTemplate")
FRAME_BYTES = 5


class Alert:
    """One alert: its record as it came, and what it says."""

    def __init__(self, name, version, record, schema):
        self.name = name
        self.version = version
        self.record = record
        stream = io.BytesIO(record)
        self.content = fastavro.schemaless_reader(stream, schema)
        if stream.tell() != len(record):
            raise ValueError(f"{len(record) - stream.tell()} bytes are left over")

    @property
    def sources(self):
        return self.content["prvDiaSources"] or []

    @property
    def forced(self):
        return self.content["prvDiaForcedSources"] or []

    @property
    def is_solar_system(self):
        return self.content["ssSource"] is not None

    def cutout(self, name):
        """The parts of a cutout, read by astropy; None where it is null."""
        stored = self.content[name]
        if stored is None:
            return None
        parts = fits.open(io.BytesIO(stored), memmap=False)
        parts.verify("exception")
        return parts

    def stamp_side(self):
        parts = self.cutout(CUTOUTS[0])
        return None if parts is None else parts[0].data.shape[0]


class Schemas:
    """Schemas by version: Rubin's own from a folder, as lsst/alert_packet has it, or those of the generator."""

    def __init__(self, generator=GENERATOR, folder=None):
        self.generator = generator
        self.folder = folder
        self.known = {}

    def of(self, version):
        if version not in self.known:
            self.known[version] = self._from_folder(version) or self._from_generator(version)
        return self.known[version]

    def _from_folder(self, version):
        if self.folder is None:
            return None
        major, minor = version.split(".")
        path = Path(self.folder) / major / minor / f"lsst.v{major}_{minor}.alert.avsc"
        return fastavro.schema.load_schema(str(path)) if path.exists() else None

    def _from_generator(self, version):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "one.avro")
            generate(self.generator, path, version, ["--alerts-per-visit", "1"])
            with open(path, "rb") as file:
                return fastavro.parse_schema(schema_of_container(file.read()))


def generate(generator, path, version, options):
    command = [*shlex.split(generator), "generate", path, "--schema", version, "--force", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def synthetic_alerts(schemas, version, options):
    """Makes synthetic alerts, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "alerts.avro")
        generate(schemas.generator, path, version, options)
        with open(path, "rb") as file:
            yield from alerts_of_container(file, "synthetic", version, schemas.of(version))


def alerts_of_container(file, name, version, schema):
    """Cuts each record out of a container as it is there, by the given schema and not by the container's own."""
    for number, block in enumerate(fastavro.block_reader(file)):
        stored = block.bytes_.getvalue()
        stream = io.BytesIO(stored)
        for _ in range(block.num_records):
            start = stream.tell()
            fastavro.schemaless_reader(stream, schema)
            yield Alert(f"{name} {number}", version, stored[start : stream.tell()], schema)
        if stream.read(1):
            raise ValueError(f"{name}: a block has more than its records")


def schema_of_container(stored):
    return fastavro.reader(io.BytesIO(stored)).writer_schema


def real_alerts(paths, schemas):
    """Reads files and folders: an alert for each that is one of Rubin's, and (path, reason) for the others."""
    found, skipped = [], []
    for path in sorted(file for given in paths for file in files_of(Path(given))):
        try:
            found.extend(alerts_of(path, schemas))
        except (ValueError, KeyError, EOFError, IndexError, OSError, StopIteration, struct.error) as fault:
            skipped.append((path, str(fault) or type(fault).__name__))
    return found, skipped


def files_of(path):
    return [file for file in path.rglob("*") if re.search(r"\.avro(\.gz)?$", file.name)] if path.is_dir() else [path]


def alerts_of(path, schemas):
    stored = path.read_bytes()
    if stored[:2] == b"\x1f\x8b":
        stored = gzip.decompress(stored)
    if stored[:4] == b"Obj\x01":
        schema = schema_of_container(stored)
        version = version_of_name(schema["name"])
        return list(alerts_of_container(io.BytesIO(stored), path.name, version, fastavro.parse_schema(schema)))
    if stored[:1] != b"\x00":
        raise ValueError("is neither a framed alert nor a container")
    version = known_version("{}.{}".format(*divmod(struct.unpack(">I", stored[1:FRAME_BYTES])[0], 100)))
    return [Alert(path.name, version, stored[FRAME_BYTES:], schemas.of(version))]


def version_of_name(name):
    named = re.match(r"lsst\.v(\d+)_(\d+)\.", name)
    if named is None:
        raise ValueError(f"is not Rubin's: {name}")
    return known_version(f"{named[1]}.{named[2]}")


def known_version(version):
    if version not in VERSIONS:
        raise ValueError(f"has schema {version}; only {', '.join(VERSIONS)} are made")
    return version


def shifted(shape, dx, dy):
    """An image moved by parts of a pixel."""
    rows, columns = shape.shape
    phase = numpy.fft.fftfreq(rows)[:, None] * dy + numpy.fft.fftfreq(columns)[None] * dx
    return numpy.fft.ifft2(numpy.fft.fft2(shape) * numpy.exp(-2j * numpy.pi * phase)).real


def fitted_flux(parts):
    """The flux of a point source at the place that the header names, with the cutout's own PSFIMAGE."""
    image, shape = parts[0].data.astype(float), parts["PSFIMAGE"].data.astype(float)
    x, y = parts[0].header["CRPIX1"] - 1, parts[0].header["CRPIX2"] - 1
    column, row, half = round(x), round(y), shape.shape[0] // 2
    margin = 100
    canvas = numpy.zeros((image.shape[0] + 2 * margin,) * 2)
    top, left = row + margin - half, column + margin - half
    canvas[top : top + 2 * half + 1, left : left + 2 * half + 1] = shifted(shape, x - column, y - row)
    model = canvas[margin : margin + image.shape[0], margin : margin + image.shape[1]]
    return float((model * image).sum() / (model * model).sum())


def print_json(value):
    print(json.dumps(value, default=str, allow_nan=False))
