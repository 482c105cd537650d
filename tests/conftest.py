"""Every test runs with the settings of a job: one core for each numerical library, rank promotion refused."""

import os

os.environ |= {"NPROC": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
