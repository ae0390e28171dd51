"""Every published corpus in its own layout comes out as exact records."""

import json

import pytest


@pytest.mark.parametrize("suffix", [".sph", ".wav", ".opus"])
def test_an4_as_distributed(studio, prepare, suffix):
    studio.write("an4/etc/an4_train.fileids", "an4_clstk/fash/an251-fash-b", "an4_clstk/mmap/an47-mmap-b")
    studio.write("an4/etc/an4_train.transcription", "<s> YES </s> (an251-fash-b)", "<s> R O A D </s> (an47-mmap-b)")
    studio.write("an4/etc/an4_test.fileids", "an4test_clstk/fcaw/an406-fcaw-b")
    studio.write("an4/etc/an4_test.transcription", "RUBOUT G M (an406-fcaw-b)")
    first = studio.record(f"an4/wav/an4_clstk/fash/an251-fash-b{suffix}")
    second = studio.record(f"an4/wav/an4_clstk/mmap/an47-mmap-b{suffix}", 2)
    third = studio.record(f"an4/wav/an4test_clstk/fcaw/an406-fcaw-b{suffix}", 1)
    train = [
        {"id": "an251-fash-b", "audio_filepath": first, "duration": studio.seconds(0), "text": "yes",
         "speaker": "fash", "lang": "en"},
        {"id": "an47-mmap-b", "audio_filepath": second, "duration": studio.seconds(2), "text": "r o a d",
         "speaker": "mmap", "lang": "en"},
    ]  # fmt: skip
    test = {"id": "an406-fcaw-b", "audio_filepath": third, "duration": studio.seconds(1), "text": "rubout g m",
            "speaker": "fcaw", "lang": "en"}  # fmt: skip
    assert prepare("an4", "--part", "train") == train
    assert prepare("an4") == [*train, test]


def test_the_an4_of_this_repository_is_complete(an4, prepare):
    train, test = prepare("an4", "--part", "train", folder=an4), prepare("an4", "--part", "test", folder=an4)
    assert (len(train), len(test)) == (948, 130)
    assert len({record["speaker"] for record in train}) == 74
    assert round(sum(record["duration"] for record in train) / 3600, 3) == 0.707
    assert train[0]["text"] == "yes" and test[0]["text"] == "rubout g m e f three nine"


@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_timit(studio, prepare, case):
    for place, name in (("train/dr1/fcjf0", "si1027"), ("train/dr1/fcjf0", "sa1"), ("test/dr1/faks0", "sx43"),
                        ("test/dr1/mdab0", "sx49"), ("test/dr1/mreb9", "sx49")):
        phones = "0 3050 h#", "3050 4559 sh", "4559 5723 ix", "5723 9000 h#"
        studio.write(f"timit/{case(f'{place}/{name}.phn')}", *phones)
        studio.record(f"timit/{case(f'{place}/{name}')}{case('.wav')}")
    train, dev, test = (prepare("timit", "--part", part) for part in ("train", "dev", "test"))
    assert [record["id"] for record in (*train, *dev, *test)] == ["fcjf0-si1027", "faks0-sx43", "mdab0-sx49"]
    assert train[0]["text"] == "h# sh ix h#" and train[0]["speaker"] == "fcjf0"


def test_timits_phones_are_scored_as_39():
    from pathlib import Path

    from ds2cli.corpora.timit import CORE_TEST, DEV
    from ds2cli.io.text import numbered_lines
    from ds2cli.scoring.glm import read_glm

    path = Path(__file__).parents[2] / "recipes/phones/timit-39.glm"
    glm = read_glm(numbered_lines(path), str(path))
    assert glm.apply("h# sh ix q hv eh dcl jh ax-h") == "sil sh ih hh eh sil jh ah"
    assert len(CORE_TEST) == 24 and len(DEV) == 50 and not CORE_TEST & DEV


def test_librispeech(studio, prepare):
    chapter = "LibriSpeech/dev-clean/84/121123"
    studio.write(f"{chapter}/84-121123.trans.txt", "84-121123-0000 GO DO YOU HEAR", "84-121123-0001 BUT IN LESS")
    studio.record(f"{chapter}/84-121123-0000.flac")
    second = studio.record(f"{chapter}/84-121123-0001.flac", 1)
    studio.write("LibriSpeech/test-clean/61/70968/61-70968.trans.txt", "61-70968-0000 HE BEGAN")
    studio.record("LibriSpeech/test-clean/61/70968/61-70968-0000.opus", 2)
    records = prepare("librispeech", "--part", "dev-clean")
    assert [record["text"] for record in records] == ["go do you hear", "but in less"]
    assert records[1] == {
        "id": "84-121123-0001", "audio_filepath": second, "duration": studio.seconds(1), "text": "but in less",
        "speaker": "84", "lang": "en",
    }  # fmt: skip
    assert [record["id"] for record in prepare("librispeech")] == ["84-121123-0000", "84-121123-0001", "61-70968-0000"]


def test_librispeech_without_the_part_names_those_that_are_there(studio, run):
    studio.write("LibriSpeech/dev-clean/84/121123/84-121123.trans.txt", "84-121123-0000 GO")
    ran = run("prepare", "corpus", "librispeech", studio.root, "--part", "dev-dirty")
    assert ran.code == 2
    assert ran.stderr == (
        f"error: `{studio.root / 'LibriSpeech'}` has no part `dev-dirty`\nhint: it has: dev-clean\n"
    )


HEADER = "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccent\tlocale\tsegment"


def test_common_voice_keeps_quotation_marks_and_apart_what_is_listed_twice(studio, prepare):
    home = "cv-corpus-17.0-2024-03-15/cy"
    studio.write(f"{home}/train.tsv", HEADER, 'abc\tcommon_voice_cy_1.mp3\t"Bore da," meddai.\t2\t0\t\t\t\tcy\t')
    studio.write(f"{home}/dev.tsv", HEADER, "def\tcommon_voice_cy_2.mp3\tNos da\t2\t0\t\t\t\tcy\t")
    studio.write(f"{home}/test.tsv", HEADER)
    studio.write(f"{home}/validated.tsv", HEADER, "abc\tcommon_voice_cy_1.mp3\tBore da\t2\t0\t\t\t\tcy\t")
    studio.record(f"{home}/clips/common_voice_cy_1.mp3")
    studio.record(f"{home}/clips/common_voice_cy_2.mp3", 1)
    records = prepare("commonvoice")
    assert [record["id"] for record in records] == ["common_voice_cy_1", "common_voice_cy_2"]
    assert records[0]["text"] == '"Bore da," meddai.'
    assert records[0]["speaker"] == "abc" and records[0]["lang"] == "cy"
    assert records[0]["duration"] == pytest.approx(studio.seconds(0), abs=0.2)
    assert len(prepare("commonvoice", "--part", "validated")) == 1


def test_common_voice_of_a_small_language_is_what_is_validated(studio, prepare):
    home = "cv-corpus-17.0-2024-03-15/cy"
    studio.write(f"{home}/validated.tsv", HEADER, "abc\tcommon_voice_cy_1.mp3\tBore da\t2\t0\t\t\t\tcy\t")
    studio.record(f"{home}/clips/common_voice_cy_1.mp3")
    assert [record["text"] for record in prepare("commonvoice")] == ["Bore da"]


@pytest.mark.parametrize("row", ["abc\tcv_1.mp3\tBore\tda\t2\t0\t\t\t\tcy\t", "abc\tcv_1.mp3\tBore",
                                 "abc\tcv_1.mp3\tBore\tda\t2\t0\t\t\tcy\t"])
def test_common_voices_shifted_columns_cost_their_row(studio, run, row):
    home = "cv-corpus-17.0-2024-03-15/cy"
    studio.write(f"{home}/train.tsv", HEADER, row, "abc\tcommon_voice_cy_2.mp3\t\"Nos da\t2\t0\t\t\t\tcy\t")
    studio.record(f"{home}/clips/common_voice_cy_2.mp3")
    ran = run("prepare", "corpus", "commonvoice", studio.root)
    assert ran.code == 3 and [json.loads(line)["text"] for line in ran.stdout.splitlines()] == ['"Nos da']
    assert "line 2" in ran.stderr


def test_common_voice_of_two_languages_asks_for_one(studio, run):
    for language in ("cy", "en"):
        studio.write(f"{language}/clips/x.mp3", "")
    ran = run("prepare", "corpus", "commonvoice", studio.root)
    assert ran.code == 2 and f"hint: name one of: {studio.root / 'cy'}, {studio.root / 'en'}" in ran.stderr


def test_ljspeech_takes_the_normalised_text(studio, prepare):
    studio.write(
        "LJSpeech-1.1/metadata.csv",
        'LJ001-0001|in 1455, "so"|in fourteen fifty-five, "so"',
        "LJ001-0002|modern.|modern.",
    )
    first = studio.record("LJSpeech-1.1/wavs/LJ001-0001.wav")
    studio.record("LJSpeech-1.1/wavs/LJ001-0002.wav", 1)
    records = prepare("ljspeech")
    assert records[0] == {
        "id": "LJ001-0001", "audio_filepath": first, "duration": studio.seconds(), "lang": "en",
        "text": 'in fourteen fifty-five, "so"', "speaker": "LJ",
    }  # fmt: skip
    assert records[1]["text"] == "modern."


def test_vctk_092_has_two_microphones_and_a_speaker_without_texts(studio, prepare):
    home = "VCTK-Corpus-0.92"
    studio.write(f"{home}/txt/p225/p225_001.txt", "Please call Stella.")
    first = studio.record(f"{home}/wav48_silence_trimmed/p225/p225_001_mic1.flac")
    second = studio.record(f"{home}/wav48_silence_trimmed/p225/p225_001_mic2.flac", 1)
    studio.record(f"{home}/wav48_silence_trimmed/p315/p315_001_mic1.flac")
    assert prepare("vctk", code=3) == [
        {"id": "p225_001", "audio_filepath": first, "duration": studio.seconds(), "text": "Please call Stella.",
         "speaker": "p225", "lang": "en"}
    ]  # fmt: skip
    assert [record["audio_filepath"] for record in prepare("vctk", "--part", "mic2")] == [second]


def test_vctk_080(studio, prepare):
    studio.write("VCTK-Corpus/txt/p225/p225_001.txt", "Please call Stella.")
    studio.record("VCTK-Corpus/wav48/p225/p225_001.wav")
    assert [record["id"] for record in prepare("vctk")] == ["p225_001"]


def test_voxforge_tells_anonymous_speakers_apart(studio, prepare):
    studio.write("1snoke-20120412-hge/etc/PROMPTS", "1snoke-20120412-hge/mfc/a0405 IT SEEMED")
    first = studio.record("1snoke-20120412-hge/wav/a0405.wav")
    studio.write("anonymous-20080425-ptr/etc/prompts-original", "a0100 Was it?")
    studio.record("anonymous-20080425-ptr/flac/a0100.flac", 1)
    records = prepare("voxforge")
    assert records[0] == {
        "id": "1snoke-20120412-hge-a0405", "audio_filepath": first, "duration": studio.seconds(),
        "text": "it seemed", "speaker": "1snoke",
    }  # fmt: skip
    assert records[1]["text"] == "Was it?" and records[1]["speaker"] == "anonymous-20080425-ptr"


def test_voxforge_rejects_a_session_in_another_encoding_and_goes_on(studio, run):
    studio.write("a-20120412-hge/etc/PROMPTS", "")
    (studio.root / "a-20120412-hge/etc/PROMPTS").write_bytes("a-20120412-hge/mfc/a1 GRÖSSE\n".encode("latin-1"))
    studio.write("b-20120412-hge/etc/PROMPTS", "b-20120412-hge/mfc/a1 YES")
    studio.record("b-20120412-hge/wav/a1.wav")
    ran = run("prepare", "corpus", "voxforge", studio.root)
    assert ran.code == 3 and len(ran.stdout.splitlines()) == 1
    assert "`a-20120412-hge`: prompts are not UTF-8" in ran.stderr


def test_aishell_joins_the_segmenter_s_words_and_counts_what_has_no_transcript(studio, run, prepare):
    home = "data_aishell"
    studio.write(f"{home}/transcript/aishell_transcript_v0.8.txt", "BAC009S0002W0122 而 对 apple pay 楼市 成交")
    first = studio.record(f"{home}/wav/train/S0002/BAC009S0002W0122.wav")
    studio.record(f"{home}/wav/train/S0002/BAC009S0002W0123.wav", 1)
    assert prepare("aishell", "--part", "train", code=3) == [
        {"id": "BAC009S0002W0122", "audio_filepath": first, "duration": studio.seconds(),
         "text": "而对apple pay楼市成交", "speaker": "S0002", "lang": "zh"}
    ]  # fmt: skip
    summary = run("prepare", "corpus", "aishell", studio.root, "--part", "train").stderr.splitlines()
    assert summary[-3].startswith("aishell train: 1 of 120,098 utterances") and "1 of 340 speakers" in summary[-3]
    assert summary[-1] == "rejected: 1 (1 no transcript)"


def test_aishell_still_packed_says_how_to_unpack(studio, run):
    studio.write("data_aishell/transcript/aishell_transcript_v0.8.txt", "BAC009S0002W0122 而 对")
    studio.write("data_aishell/wav/S0002.tar.gz", "")
    ran = run("prepare", "corpus", "aishell", studio.root)
    assert ran.code == 2 and "tar xzf" in ran.stderr


def test_thchs30_reads_the_words_from_the_data_folder(studio, prepare):
    home = "data_thchs30"
    studio.write(f"{home}/data/A11_0.wav.trn", "绿 是 阳春 烟 景", "lv4 shi4 yang2", "l v4 sh ix4")
    studio.write(f"{home}/train/A11_0.wav.trn", "../data/A11_0.wav.trn")
    first = studio.record(f"{home}/train/A11_0.wav")
    assert prepare("thchs30", "--part", "train") == [
        {"id": "A11_0", "audio_filepath": first, "duration": studio.seconds(), "text": "绿是阳春烟景",
         "speaker": "A11", "lang": "zh"}
    ]  # fmt: skip


@pytest.mark.parametrize("home", ["TEDLIUM_release2", "TEDLIUM_release-3/legacy"])
def test_tedlium_gives_one_record_per_segment(studio, prepare, home):
    studio.write(
        f"{home}/dev/stm/AaronHuey_2010X.stm",
        ";; LABEL",
        "AaronHuey_2010X 1 AaronHuey_2010X 0.10 0.45 <o,f0,male> i 'm here(2) {SMACK} to show <sil> it 's so <unk>",
        "AaronHuey_2010X 1 inter_segment_gap 0.45 0.50 <o,,unknown> ignore_time_segment_in_scoring",
        "AaronHuey_2010X 1 AaronHuey_2010X 0.50 0.99 <o,f0,male> 'cause the students ' work",
    )
    studio.write("TEDLIUM_release-3/data/stm/other.stm", "for speaker adaptation")
    talk = studio.record(f"{home}/dev/sph/AaronHuey_2010X.sph")
    assert studio.seconds() > 0.99
    assert prepare("tedlium", "--part", "dev") == [
        {"id": "AaronHuey_2010X-0000010-0000045", "audio_filepath": talk, "offset": 0.1, "duration": 0.35,
         "text": "i'm here to show it's so", "speaker": "AaronHuey_2010X", "lang": "en", "untranscribed": 1},
        {"id": "AaronHuey_2010X-0000050-0000099", "audio_filepath": talk, "offset": 0.5, "duration": 0.49,
         "text": "'cause the students' work", "speaker": "AaronHuey_2010X", "lang": "en"},
    ]  # fmt: skip


def test_tedlium_1_ends_its_lines_with_the_talk(studio, prepare):
    studio.write("train/stm/talk.stm", "talk 1 talk 0.10 0.45 <F0_M> <s> ONE TWO </s> (talk-0.10-0.45-<F0_M>-S1)")
    studio.record("train/sph/talk.sph")
    assert [record["text"] for record in prepare("tedlium")] == ["one two"]


def test_speechocean762_counts_paths_from_its_root(studio, prepare):
    home = "speechocean762"
    studio.write(f"{home}/test/wav.scp", "000030012\tWAVE/SPEAKER0003/000030012.WAV")
    studio.write(f"{home}/test/text", "000030012\tMARK IS GOING TO SEE ELEPHANT")
    studio.write(f"{home}/test/utt2spk", "000030012\t0003")
    first = studio.record(f"{home}/WAVE/SPEAKER0003/000030012.WAV")
    studio.write(f"{home}/train/wav.scp")
    assert prepare("speechocean762", "--part", "test") == [
        {"id": "000030012", "audio_filepath": first, "duration": studio.seconds(), "lang": "en",
         "text": "mark is going to see elephant", "speaker": "0003"}
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["an4", "librispeech", "commonvoice", "vctk", "aishell", "tedlium", "kaldi", "lhotse"])
def test_a_folder_of_something_else_is_refused_with_what_it_lacks_and_holds(studio, run, name):
    studio.write("holiday.txt", "sun")
    ran = run("prepare", "corpus", name, studio.root)
    assert ran.code == 2 and "has no `" in ran.stderr and "holiday.txt" in ran.stderr
