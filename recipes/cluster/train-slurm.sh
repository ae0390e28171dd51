#!/usr/bin/env bash
# One training on all nodes of a Slurm job, on a disk that they all see:
#   sbatch --nodes=2 --gpus-per-node=8 recipes/cluster/train-slurm.sh train.jsonl --dev dev.jsonl --run runs/a
# When a node or its launcher dies, the job is queued again, and the run goes on from its last checkpoint.
#SBATCH --job-name=ds2-train
#SBATCH --ntasks-per-node=1
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail

job=${SLURM_JOB_ID:?not a job: sbatch ...}
again=${SLURM_RESTART_COUNT:-0}
processes=${SLURM_GPUS_ON_NODE:-1}
cores=${SLURM_CPUS_PER_TASK:-1}
export OMP_NUM_THREADS=$((cores > processes ? cores / processes : 1)) TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1
if srun --kill-on-bad-exit=1 ${TORCHRUN:-torchrun} --nnodes "${SLURM_JOB_NUM_NODES:?}" --nproc-per-node "$processes" \
  --max-restarts 3 --rdzv-backend c10d --rdzv-conf store_type=file --rdzv-endpoint "$PWD/.meeting-$job" \
  --rdzv-id "$job-$again" -m -- ds2cli train "$@"; then
  rm -f ".meeting-$job"
elif ((again < 3)); then
  scontrol requeue "$job"
else
  exit 1
fi
