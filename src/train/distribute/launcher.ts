/** What a launcher of several processes says in the environment. */
export interface Launch {
  /** As messages call it. */
  readonly name: string;
  /** Undefined: it does not say. */
  readonly size: number | undefined;
  /** Whose MPI it belongs to; undefined: any. `none`: its processes do not know of one another. */
  readonly mpi: "openmpi" | "mpich" | "none" | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @returns undefined when this process was started on its own */
export function launchOf(environment: Environment): Launch | undefined {
  const size = (name: string): number | undefined => (environment[name] === undefined ? undefined : Number(environment[name]));
  if (environment["OMPI_COMM_WORLD_SIZE"] !== undefined) return { name: "mpirun", size: size("OMPI_COMM_WORLD_SIZE"), mpi: "openmpi" };
  // Set by srun for each of its processes; a batch script itself has only SLURM_NTASKS, and is one process.
  const slurm = size("SLURM_STEP_NUM_TASKS");
  if (environment["PMI_SIZE"] !== undefined)
    return slurm === undefined ? { name: "mpirun", size: size("PMI_SIZE"), mpi: "mpich" } : { name: "srun", size: size("PMI_SIZE"), mpi: undefined };
  if (environment["PMIX_RANK"] !== undefined) return { name: slurm === undefined ? "a PMIx launcher" : "srun", size: slurm, mpi: undefined };
  return slurm === undefined ? undefined : { name: "srun", size: slurm, mpi: "none" };
}
