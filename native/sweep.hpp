// A step of the inversion of a large symmetric matrix.
#pragma once

#include "gram.hpp"

namespace endcap {
namespace {

uint32_t sweep(float* matrix, uint32_t width, const float* pivots, const float* middle, float* products, uint32_t begin,
               uint32_t end) {
  for (uint32_t i = begin; i < end; i += group) {
    float *row = matrix + size_t(i) * width, *product = products + size_t(i) * pivotRows;
    zero(product, group * pivotRows);
    multiplyTiles<group, 1, false>(pivots + i, 1, width, middle, pivotRows, pivotRows, 0, pivotRows, pivotRows,
                                    product);
    // Whole vectors, some of which reach past the diagonal.
    const uint32_t columns = (i + group + Lanes::width - 1) / Lanes::width * Lanes::width;
    const uint32_t column =
        multiplyTiles<group, outerVectors, false>(product, pivotRows, 1, pivots, width, pivotRows, 0, columns, width, row);
    multiplyTiles<group, 1, false>(product, pivotRows, 1, pivots, width, pivotRows, column, columns, width, row);
  }
  return 0;
}

}  // namespace
}  // namespace endcap
