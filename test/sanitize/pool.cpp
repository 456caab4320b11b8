// The kernels on threads that take ranges from a counter, each with its own scratch, as src/kernel/threads/pool.ts runs them, but
// without Node, so that ThreadSanitizer sees all there is to see. It reports two calls that touch the same memory; this
// program reports results that depend on the threads.
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <random>
#include <thread>
#include <vector>

#include "kernels.hpp"

namespace {

using endcap::Kernels;
using Floats = std::vector<float>;
using Rows = std::vector<uint32_t>;

constexpr uint32_t customers = 301, products = 517, factors = 37, stride = 48;
// Floats for a call on all customers with the longest lists, whose groups have a limit.
constexpr size_t scratchLength = size_t(1) << 23;
bool failed = false;

using Call = std::function<uint32_t(float* scratch, uint32_t begin, uint32_t end)>;

// Calls of `size` rows each.
void run(unsigned threads, uint32_t rows, uint32_t size, const Call& call) {
  std::atomic<uint32_t> next{0}, status{0};
  const auto work = [&] {
    Floats scratch(scratchLength);
    for (uint32_t begin; (begin = size * next++) < rows;)
      if (call(scratch.data(), begin, begin + size < rows ? begin + size : rows)) status = 1;
  };
  std::vector<std::thread> running;
  for (unsigned i = 0; i < threads; i++) running.emplace_back(work);
  for (std::thread& thread : running) thread.join();
  if (status) failed = true;
}

// Runs an operation that fills `out`, on one thread and on four.
template <typename T>
void compare(const char* isa, const char* operation, std::vector<T>& out, uint32_t rows, uint32_t size, const Call& call) {
  const std::vector<T> before = out;
  run(1, rows, rows, call);
  const std::vector<T> expected = out;
  out = before;
  run(4, rows, size, call);
  if (std::memcmp(out.data(), expected.data(), out.size() * sizeof(T)) == 0) return;
  std::printf("%s %s: the result depends on the threads\n", isa, operation);
  failed = true;
}

Floats random(size_t length, float low, float high) {
  static std::mt19937 generator(1);
  std::uniform_real_distribution<float> draw(low, high);
  Floats values(length);
  for (float& value : values) value = draw(generator);
  return values;
}

Floats matrix(uint32_t rows) {
  Floats values = random(size_t(rows) * stride, -1, 1);
  for (uint32_t row = 0; row < rows; row++)
    for (uint32_t k = factors; k < stride; k++) values[size_t(row) * stride + k] = 0;
  return values;
}

// Every `step`-th product for each customer, from another one on.
struct Lists {
  Rows offsets = {0}, rows;
  explicit Lists(uint32_t step) {
    for (uint32_t customer = 0; customer < customers; customer++) {
      for (uint32_t row = customer % step; row < products; row += step) rows.push_back(row);
      offsets.push_back(uint32_t(rows.size()));
    }
  }
};

Rows ascending(uint32_t length) {
  Rows order(length);
  for (uint32_t i = 0; i < length; i++) order[i] = i;
  return order;
}

// Lists of n, short or long, of which at most `limit` in a group.
void score(const Kernels& kernels, uint32_t n, uint32_t limit) {
  const Floats queries = matrix(customers), candidates = matrix(products), priors = random(products, -1, 1);
  const Rows order = ascending(products), mask((products + 31) / 32, 0xFFFF7FFF);
  Rows groups(products);
  for (uint32_t row = 0; row < products; row++) groups[row] = row % 50 == 0 ? endcap::noGroup : row / 40;
  const uint32_t panels = (products + endcap::panelWidth - 1) / endcap::panelWidth;
  Floats packed(size_t(panels) * endcap::panelWidth * (1 + (factors + 3) / 4));
  compare(kernels.isa, "pack", packed, panels, 3, [&](float*, uint32_t begin, uint32_t end) {
    return kernels.pack(candidates.data(), order.data(), products, stride, factors, priors.data(), groups.data(),
                        packed.data(), begin, end);
  });
  const Lists excluded(7), raised(11), listed(5);
  const Floats bonuses = random(raised.rows.size(), 0, 1), listBonuses = random(listed.rows.size(), 0, 1);
  Rows rows(size_t(customers) * n);
  Floats scores(rows.size());
  const Floats lengths(products, std::sqrt(float(factors)));
  for (const float* known : {static_cast<const float*>(nullptr), lengths.data()})
    compare(kernels.isa, "topN", rows, customers, 13, [&](float* scratch, uint32_t begin, uint32_t end) {
      return kernels.topN(queries.data(), stride, packed.data(), candidates.data(), order.data(), products, factors,
                          priors.data(), 2, mask.data(), excluded.offsets.data(), excluded.rows.data(), raised.offsets.data(),
                          raised.rows.data(), bonuses.data(), known, groups.data(), limit, n, rows.data(), scores.data(),
                          scratch, begin, end);
    });
  const uint32_t chosen = n / 3;
  Rows diverse(size_t(customers) * chosen);
  Floats diverseScores(diverse.size()), closeness(rows.size());
  const Floats poolScores = scores;
  const Rows poolRows = rows;
  compare(kernels.isa, "diversify", diverse, customers, 13, [&](float* scratch, uint32_t begin, uint32_t end) {
    return kernels.diversify(candidates.data(), stride, poolRows.data(), poolScores.data(), n, 0.5f, groups.data(), limit,
                             chosen, 0, chosen, closeness.data(), diverse.data(), diverseScores.data(), scratch, begin, end);
  });
  compare(kernels.isa, "topNListed", scores, customers, 13, [&](float* scratch, uint32_t begin, uint32_t end) {
    return kernels.topNListed(queries.data(), stride, candidates.data(), priors.data(), 2, listed.offsets.data(),
                              listed.rows.data(), listBonuses.data(), groups.data(), limit, n, rows.data(), scores.data(),
                              scratch, begin, end);
  });
}

// Bonus lists, whose room is for the products bought and some of their neighbours.
void raise(const Kernels& kernels) {
  const Lists bought(30);
  Rows offsets(products + 1), neighbours, room(customers + 1);
  for (uint32_t product = 0; product < products; product++) {
    for (uint32_t row = product % 17; row < products; row += 17) neighbours.push_back(row);
    offsets[product + 1] = uint32_t(neighbours.size());
  }
  for (uint32_t customer = 0; customer <= customers; customer++) room[customer] = bought.offsets[customer] + 40 * customer;
  const Floats own = random(bought.rows.size(), -1, 1), strengths = random(neighbours.size(), -0.2f, 1);
  Rows rows(room[customers]);
  Floats bonuses(rows.size());
  compare(kernels.isa, "neighbourBonuses", rows, customers, 13, [&](float* scratch, uint32_t begin, uint32_t end) {
    return kernels.neighbourBonuses(bought.offsets.data(), bought.rows.data(), own.data(), offsets.data(),
                                    neighbours.data(), strengths.data(), products, 2, room.data(), rows.data(),
                                    bonuses.data(), scratch, begin, end);
  });
}

// As `adamBatches` asks for.
std::vector<double> seriesOf(const Floats& stepSizes, const Floats& inverseRoots) {
  std::vector<double> series(endcap::seriesTerms * (stepSizes.size() + 1));
  for (size_t t = stepSizes.size(); t-- > 0;)
    for (uint32_t j = 0; j < endcap::seriesTerms; j++)
      series[endcap::seriesTerms * t + j] = 0.9 / std::pow(0.999, (j + 1) / 2.0) *
                                            (stepSizes[t] / std::pow(inverseRoots[t], j + 1.0) +
                                             series[endcap::seriesTerms * (t + 1) + j]);
  return series;
}

// A step of an inversion. Its ranges reach past the diagonal, to what holds anything.
void invert(const Kernels& kernels) {
  constexpr uint32_t width = 208;
  const Floats pivots = random(endcap::pivotRows * width, -1, 1), middle = random(endcap::pivotRows * endcap::pivotRows, -1, 1);
  Floats matrix = random(width * width, -1, 1), products(width * endcap::pivotRows);
  compare(kernels.isa, "sweep", products, width, 8, [&](float*, uint32_t begin, uint32_t end) {
    return kernels.sweep(matrix.data(), width, pivots.data(), middle.data(), products.data(), begin, end);
  });
}

void train(const Kernels& kernels) {
  const Floats fixed = matrix(products);
  Floats gram(stride * stride);
  compare(kernels.isa, "gram", gram, stride, 8, [&](float*, uint32_t begin, uint32_t end) {
    return kernels.gram(fixed.data(), products, stride, 0.5f, gram.data(), begin, end);
  });
  std::vector<double> reflections(stride * stride), tridiagonal(5 * stride);
  kernels.tridiagonalize(gram.data(), stride, factors, reflections.data(), tridiagonal.data(), 0, factors);
  Floats vectors(stride * stride), values(stride);
  compare(kernels.isa, "eigenvectors", vectors, stride, 16, [&](float* scratch, uint32_t begin, uint32_t end) {
    return kernels.eigenvectors(reflections.data(), tridiagonal.data(), stride, factors, vectors.data(), values.data(),
                                scratch, begin, end);
  });
  Floats turned = matrix(customers);
  compare(kernels.isa, "rotate", turned, customers, 13, [&](float* scratch, uint32_t begin, uint32_t end) {
    return kernels.rotate(turned.data(), vectors.data(), stride, scratch, begin, end);
  });
  // Some solvers ask for a diagonal Gram matrix.
  Floats diagonal(stride * stride);
  for (uint32_t k = 0; k < factors; k++) diagonal[k * stride + k] = values[k] < 0 ? 0 : values[k];
  const Lists pairs(9);
  const Rows order = ascending(customers);
  const Floats weights = random(pairs.rows.size(), 0.1f, 3), rights = random(pairs.rows.size(), 0.1f, 3);
  const Floats regularization(customers, 2);
  Floats objective(customers);
  for (uint32_t solver = endcap::Solver::cheapest; solver <= endcap::Solver::gradientsDiagonal; solver++) {
    Floats solved = matrix(customers);
    compare(kernels.isa, "alsSolve", solved, customers, 13, [&](float* scratch, uint32_t begin, uint32_t end) {
      return kernels.alsSolve(solved.data(), fixed.data(), diagonal.data(), stride, factors, order.data(),
                              pairs.offsets.data(), pairs.rows.data(), weights.data(), rights.data(), regularization.data(),
                              3, solver, objective.data(), scratch, begin, end);
    });
  }
  const Floats directions = matrix(customers);
  Floats residuals(directions.size()), squares(customers);
  compare(kernels.isa, "alsResiduals", residuals, customers, 13, [&](float* scratch, uint32_t begin, uint32_t end) {
    for (uint32_t row = begin; row < end; row++) squares[row] = 0;
    for (size_t k = size_t(begin) * stride; k < size_t(end) * stride; k++) residuals[k] = 0;
    return kernels.alsResiduals(directions.data(), fixed.data(), stride, pairs.offsets.data(), pairs.rows.data(),
                                weights.data(), rights.data(), residuals.data(), squares.data(), scratch, begin, end);
  });
  constexpr uint32_t step = 5;
  Floats caughtUp = matrix(customers);
  const Floats firstMeans = matrix(customers), firstVariances = random(caughtUp.size(), 0, 1);
  Floats means(caughtUp.size()), variances(caughtUp.size());
  Rows steps(customers);
  const Floats stepSizes(step + 1, 0.01f), inverseRoots(step + 1, 1.5f);
  const std::vector<double> series = seriesOf(stepSizes, inverseRoots);
  compare(kernels.isa, "adamCatchUp", caughtUp, customers, 13, [&](float*, uint32_t begin, uint32_t end) {
    for (uint32_t row = begin; row < end; row++) steps[row] = 1;
    for (size_t k = size_t(begin) * stride; k < size_t(end) * stride; k++) {
      means[k] = firstMeans[k];
      variances[k] = firstVariances[k];
    }
    return kernels.adamCatchUp(caughtUp.data(), means.data(), variances.data(), steps.data(), stride, stepSizes.data(),
                               inverseRoots.data(), series.data(), step, begin, end);
  });
}

}  // namespace

int main() {
  Kernels found[8];
  const uint32_t count = endcap::availableKernels(found, 8);
  for (uint32_t i = 0; i < count; i++) {
    score(found[i], 12, 0);
    score(found[i], 12, 2);
    score(found[i], 45, 3);
    score(found[i], endcap::shortList + 40, 3);
    raise(found[i]);
    train(found[i]);
    invert(found[i]);
    std::printf("%s%s", found[i].isa, i + 1 < count ? ", " : "\n");
  }
  return failed ? 1 : 0;
}
