#pragma once

#include <pybind11/pybind11.h>

namespace ds2 {

void bind_language(pybind11::module_& module);
void bind_estimation(pybind11::module_& module);
void bind_decoding(pybind11::module_& module);
void bind_transducer(pybind11::module_& module);
void bind_alignment(pybind11::module_& module);
void bind_training(pybind11::module_& module);
void bind_lstm(pybind11::module_& module);
void bind_scoring(pybind11::module_& module);

}  // namespace ds2
