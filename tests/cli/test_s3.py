"""A bucket in place of folders: the same results. Needs `pip install s3fs 'moto[server]'`, which pin much else."""

import pytest

pytest.importorskip("s3fs", reason="s3:// needs s3fs")
moto_server = pytest.importorskip("moto.server", reason="a bucket of one's own needs moto[server]")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bucket(data, tmp_path_factory):
    """The songs in `s3://bucket`."""
    import s3fs

    from ds2cli.io import remote

    server = moto_server.ThreadedMotoServer(port=0)
    server.start()
    _, port = server.get_host_and_port()
    settings = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        remote.forget()
        store = s3fs.S3FileSystem(skip_instance_cache=True)
        store.mkdir("bucket")
        for place in data.rglob("*"):
            if place.is_file():
                store.put(str(place), f"bucket/{place.relative_to(data)}")
        yield "s3://bucket"
    server.stop()


@pytest.mark.parametrize("jobs", [1, 2])
def test_decoded_as_on_a_disk(run, data, bucket, jobs):
    here = run("decode", "english", "--greedy", data / "dev.jsonl", "--jobs", jobs)
    there = run("decode", "english", "--greedy", f"{bucket}/dev.jsonl", "--jobs", jobs)
    assert (here.code, there.code) == (0, 0), there.stderr
    assert there.stdout.replace(f"{bucket}/", f"{data}/") == here.stdout and here.stdout


def test_scored_and_packed_as_on_a_disk(run, data, bucket, tmp_path):
    for folder, source in (("here", data), ("there", bucket)):
        assert run("prepare", "shard", f"{source}/dev.jsonl", "-o", tmp_path / folder).code == 0
    assert (tmp_path / "here/000000.tar").read_bytes() == (tmp_path / "there/000000.tar").read_bytes()


def test_what_is_not_there(run, bucket):
    done = run("score", f"{bucket}/none.jsonl")
    assert done.code == 2 and f"error: no such file: `{bucket}/none.jsonl`\nhint: check the name" in done.stderr
    done = run("score", "s3://none/dev.jsonl")
    assert done.code == 2 and "cannot read `s3://none/dev.jsonl`: NoSuchBucket" in done.stderr
