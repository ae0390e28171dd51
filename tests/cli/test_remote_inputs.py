"""Commands whose inputs lie elsewhere do what they do with the same files here."""

import gzip

TEXT = "the cat sat on the mat\nthe dog sat on the cat\na cat and a dog\n" * 20
PAIRS = '{"id": "a", "text": "one two", "pred_text": "one too"}\n{"id": "b", "text": "three", "pred_text": "three"}\n'


def test_score_of_records_elsewhere(run, web):
    (web.folder / "hyp.jsonl").write_text(PAIRS)
    here, there = run("score", "--json", web.folder / "hyp.jsonl"), run("score", "--json", web.url("hyp.jsonl"))
    assert there.code == here.code == 0
    assert there.stdout.replace(web.url("hyp.jsonl"), str(web.folder / "hyp.jsonl")) == here.stdout


def test_a_language_model_of_texts_elsewhere(run, web, tmp_path):
    (web.folder / "text.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    for name, source in (("here", web.folder / "text.txt.gz"), ("there", web.url("text.txt.gz"))):
        done = run("lm", "build", source, "--order", 3, "-o", tmp_path / f"{name}.arpa")
        assert done.code == 0, done.stderr
    assert (tmp_path / "here.arpa").read_bytes() == (tmp_path / "there.arpa").read_bytes()


def test_outputs_stay_on_disks(run, web):
    (web.folder / "text.txt").write_text(TEXT)
    (web.folder / "hyp.jsonl").write_text(PAIRS)
    for command in (("lm", "build", web.url("text.txt"), "-o", "s3://bucket/lm.arpa"),
                    ("prepare", "units", web.url("hyp.jsonl"), "-o", "s3://bucket/lm.arpa")):  # fmt: skip
        done = run(*command)
        assert done.code == 2 and not done.stdout
        assert "error: cannot write `s3://bucket/lm.arpa`: ds2 reads URLs, and writes to disks alone\n" in done.stderr
        assert "hint: write it here, then: aws s3 cp lm.arpa s3://bucket/lm.arpa\n" in done.stderr


def test_records_that_are_not_there(run, web):
    done = run("score", web.url("none.jsonl"))
    assert done.code == 2 and f"error: no such file: `{web.url('none.jsonl')}`\nhint: " in done.stderr


def test_what_is_mapped_or_sought_in_is_copied_once(run, web, tmp_path):
    folder = web.folder
    (folder / "text.txt").write_text(TEXT)
    for name in ("lm.bin", "lm.arpa"):
        assert run("lm", "build", folder / "text.txt", "--order", 3, "-o", folder / name).code == 0
    for name in ("lm.bin", "lm.arpa"):
        here = run("lm", "score", folder / name, folder / "text.txt")
        there = run("lm", "score", web.url(name), web.url("text.txt"))
        assert there.code == 0 and there.stdout == here.stdout, there.stderr
        assert run("lm", "info", web.url(name)).code == 0
        assert web.asked[name] == 1


def test_counts_elsewhere_become_a_model(run, web, tmp_path):
    (web.folder / "text.txt").write_text(TEXT)
    assert run("lm", "count", web.url("text.txt"), "--order", 3, "-o", web.folder / "one.counts").code == 0
    for name, source in (("here", web.folder / "text.txt"), ("there", web.url("one.counts"))):
        done = run("lm", "build", source, "--order", 3, "-o", tmp_path / f"{name}.arpa")
        assert done.code == 0, done.stderr
    assert (tmp_path / "here.arpa").read_bytes() == (tmp_path / "there.arpa").read_bytes()


def test_a_model_that_is_not_there(run, web):
    for name, words in (("none.bin", "no such file"), ("refused.bin", "cannot read")):
        done = run("lm", "info", web.url(name))
        assert done.code == 2 and f"error: {words}" in done.stderr and f"`{web.url(name)}`" in done.stderr
        assert "\nhint: " in done.stderr
