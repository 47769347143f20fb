"""test_fuzz_replay: seeds, and what fuzzing found, once through every target, in each build: what was mended stays so."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import seeds

HERE = pathlib.Path(__file__).resolve().parent


def main():
    with tempfile.TemporaryDirectory(prefix="tasuki-fuzz-") as folder:
        seeds.make(pathlib.Path(folder))
        finds = HERE / "finds"
        for name in sorted(os.listdir(finds) if finds.is_dir() else []):
            assert (pathlib.Path(folder) / name).is_dir(), "finds/%s is of no target" % name
        done = subprocess.run([os.environ["FUZZ_REPLAY"], folder, str(finds)], stdout=subprocess.PIPE, text=True, check=False)
        lines = done.stdout.splitlines()
        print("\n".join(line for line in lines if " files, " in line))
        if done.returncode != 0:
            print("ended with %d at: %s" % (done.returncode, lines[-1] if lines else "nothing"))
            if lines and os.path.isfile(lines[-1]):
                shutil.copy(lines[-1], os.environ["TASUKI_BUILD"])
        sys.exit(1 if done.returncode != 0 else 0)


main()
