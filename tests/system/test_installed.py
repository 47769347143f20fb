#!/usr/bin/env python3
"""An installed program finds the data that were installed with it, without being told where."""
import os
import pathlib
import shutil
import subprocess
import tempfile

from tasuki_site import BUILD, check, finish


def main():
    prefix = pathlib.Path(tempfile.mkdtemp(prefix="tasuki-prefix-"))
    try:
        subprocess.run(["cmake", "--install", str(BUILD), "--prefix", str(prefix)], check=True, stdout=subprocess.DEVNULL)
        forms = prefix / "share/tasuki/forms"
        shutil.rmtree(forms / "care-liaison")  # so that the source tree's data would show
        env = {k: v for k, v in os.environ.items() if k != "TASUKI_DATA"}
        here = subprocess.run([str(prefix / "bin/tasuki"), "forms", "list"], env=env, capture_output=True, text=True)
        check(here.returncode == 0 and "outcome" in here.stdout and "care-liaison" not in here.stdout, here.stdout + here.stderr)
        built = subprocess.run([str(BUILD / "tasuki"), "forms", "list"], env=env, capture_output=True, text=True)
        check("care-liaison" in built.stdout, "the program in its build folder: " + built.stdout + built.stderr)
    finally:
        shutil.rmtree(prefix, ignore_errors=True)
    finish()


main()
