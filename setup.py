"""Compiles kernels/ into `ds2cli._kernels`; everything else about the package is in pyproject.toml."""

from glob import glob

from pybind11.setup_helpers import ParallelCompile, Pybind11Extension
from setuptools import setup

ParallelCompile().install()

setup(
    ext_modules=[
        Pybind11Extension(
            "ds2cli._kernels",
            sorted(glob("kernels/*.cpp")),
            depends=sorted(glob("kernels/*.h")),
            cxx_std=17,
            extra_compile_args=["-O3", "-DNDEBUG", "-fno-math-errno"],
        )
    ]
)
