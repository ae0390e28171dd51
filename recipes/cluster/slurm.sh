#!/usr/bin/env bash
# One share of a long ds2 command for each task of a Slurm array, on a disk that all nodes see:
#   sbatch --array=1-8 --cpus-per-task=4 recipes/cluster/slurm.sh decode runs/a test.jsonl -o hyp.jsonl
#   sbatch --dependency=afterok:JOBID --wrap 'ds2 join hyp.jsonl.shares'
# A task that is started again goes on where it was.
#SBATCH --job-name=ds2
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail

first=${SLURM_ARRAY_TASK_MIN:?not an array: sbatch --array=1-8 ...}
index=$((SLURM_ARRAY_TASK_ID - first + 1))
export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}
exec ${DS2:-ds2} "$@" --shard "$index/${SLURM_ARRAY_TASK_COUNT:?}"
