"""What every command and group of commands has in common."""

EPILOG = "exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but some skipped, 130 interrupted and saved"
SETTINGS = {"help_option_names": ["-h", "--help"]}
