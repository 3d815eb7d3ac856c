#!/bin/bash
# sbatch deploy/slurm.sh: two servers on two machines of a cluster, which share support sets. FLAMINGO_API_KEY must be set: others are on the cluster too. Their addresses are in the log.
#SBATCH --job-name=flamingo --array=0-1 --nodes=1 --ntasks=1 --cpus-per-task=8 --mem=8G --time=08:00:00
#SBATCH --output=flamingo-%A-%a.log --signal=TERM@150
set -euo pipefail
: "${FLAMINGO_API_KEY:?choose a key}"
port=$((20000 + (SLURM_JOB_ID % 20000)))
echo "http://$(hostname):$port/v1"
# It gets the signal itself, and finishes what it has begun. Support sets lie where all machines find them.
exec srun node_modules/.bin/flamingo serve --model "${FLAMINGO_MODEL:-nano}" --host 0.0.0.0 --port "$port" --threads "$SLURM_CPUS_PER_TASK" --support-folder "${FLAMINGO_TASKS:-$SLURM_SUBMIT_DIR/tasks}"
