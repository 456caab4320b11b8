// The baseline for `quantity`: every step of Adam visits all rows of both embeddings.
// `dense-adam <folder> <customers> <products> <factors> <lines> <epochs> <batch>` reads the initial factors, the lines
// and the order of the lines in each epoch from the folder, and prints the milliseconds of training and the last loss.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

template <typename T>
static std::vector<T> read(const std::string& path, size_t count) {
  std::vector<T> values(count);
  FILE* file = std::fopen(path.c_str(), "rb");
  if (!file || std::fread(values.data(), sizeof(T), count, file) != count) {
    std::fprintf(stderr, "%s does not contain %zu values\n", path.c_str(), count);
    std::exit(1);
  }
  std::fclose(file);
  return values;
}

struct Embeddings {
  std::vector<float> factors, gradients, means, variances;

  explicit Embeddings(std::vector<float> first)
      : factors(first), gradients(first.size()), means(first.size()), variances(first.size()) {}

  void step(float stepSize, float inverseRoot) {
    float *w = factors.data(), *g = gradients.data(), *m = means.data(), *v = variances.data();
    for (size_t k = 0; k < factors.size(); k++) {
      m[k] = 0.9f * m[k] + 0.1f * g[k];
      v[k] = 0.999f * v[k] + 0.001f * g[k] * g[k];
      w[k] -= stepSize * m[k] / (std::sqrt(v[k]) * inverseRoot + 1e-8f);
      g[k] = 0;
    }
  }
};

int main(int, char** args) {
  const std::string folder = args[1];
  const auto number = [&](int i) { return size_t(std::atol(args[i])); };
  const size_t factors = number(4), lines = number(5), epochs = number(6), batchSize = number(7);
  Embeddings customers(read<float>(folder + "/customers.f32", number(2) * factors));
  Embeddings products(read<float>(folder + "/products.f32", number(3) * factors));
  const auto customerRows = read<uint32_t>(folder + "/customers.u32", lines);
  const auto productRows = read<uint32_t>(folder + "/products.u32", lines);
  const auto quantities = read<float>(folder + "/quantities.f32", lines);
  const auto order = read<uint32_t>(folder + "/order.u32", lines * epochs);

  const auto started = std::chrono::steady_clock::now();
  double loss = 0;
  size_t t = 0;
  for (size_t epoch = 0; epoch < epochs; epoch++) {
    loss = 0;
    for (size_t first = 0; first < lines; first += batchSize) {
      const size_t count = lines - first < batchSize ? lines - first : batchSize;
      double batchLoss = 0;
      for (size_t i = 0; i < count; i++) {
        const uint32_t line = order[epoch * lines + first + i];
        const size_t c = customerRows[line] * factors, p = productRows[line] * factors;
        float error = -quantities[line];
        for (size_t k = 0; k < factors; k++) error += customers.factors[c + k] * products.factors[p + k];
        batchLoss += double(error) * double(error);
        const float slope = 2 * error / float(count);
        for (size_t k = 0; k < factors; k++) {
          customers.gradients[c + k] += slope * products.factors[p + k];
          products.gradients[p + k] += slope * customers.factors[c + k];
        }
      }
      loss += batchLoss / double(count);
      t++;
      const float stepSize = float(0.01 / (1 - std::pow(0.9, t)));
      const float inverseRoot = float(1 / std::sqrt(1 - std::pow(0.999, t)));
      customers.step(stepSize, inverseRoot);
      products.step(stepSize, inverseRoot);
    }
  }
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - started;
  std::printf("{\"ms\": %f, \"loss\": %.9g}\n", taken.count(), loss);
}
