package dev.gatun.op;

import static dev.gatun.cpu.Simd.LENGTH;
import static dev.gatun.cpu.Simd.SPECIES;
import static dev.gatun.cpu.Simd.load;
import static dev.gatun.cpu.Simd.loadBelow;
import static dev.gatun.cpu.Simd.store;
import static dev.gatun.cpu.Simd.storeBelow;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.gatun.autograd.Backprop;
import dev.gatun.core.Philox;
import dev.gatun.core.Shape;
import dev.gatun.cpu.Parallel;
import dev.gatun.device.Command;
import dev.gatun.op.Sample.Input;
import dev.gatun.tensor.Tensor;
import dev.gatun.tensor.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Dropout: each element is zeroed with probability p, and the others scaled so that the mean stays.
 *
 * <pre>
 *   keep[i] = uniform(key, stream, i) ≥ p
 *   y[i]  = keep[i] ? x[i]/(1 - p) : 0         dx[i] = keep[i] ? dy[i]/(1 - p) : 0
 * </pre>
 *
 * <p>x of any shape, key I32 [2], its lower half first → y. Srivastava et al., "Dropout", JMLR
 * 2014. The numbers are addressed ({@link Philox}), so the backward pass computes the same mask
 * again instead of storing it. The key is an input, not an attribute, because it changes from step
 * to step: all else of the operation can be recorded and repeated.
 *
 * @param p the probability of zero, 0 ≤ p &lt; 1
 * @param stream which use of dropout in a step
 */
record Dropout(float p, long stream) implements Op, Op.Differentiable {
  /** Zeroes nothing. */
  static final Dropout NONE = new Dropout(0, 0);

  Dropout {
    if (!(p >= 0 && p < 1)) {
      throw new IllegalArgumentException("the probability of dropout must be in [0, 1), not " + p);
    }
  }

  @Override
  public List<TensorSpec> infer(List<TensorSpec> in) {
    Require.count(this, in, 2);
    Require.sameFloat(this, in, 0);
    Require.integers(this, in, 1);
    Require.that(this, in.get(1).shape().equals(Shape.of(2)), "takes a key of two words", in);
    return List.of(in.getFirst());
  }

  @Override
  public void reference(List<Values> in, List<Values> out) {
    Philox random = new Philox(key(in.get(1).getInt(0), in.get(1).getInt(1)), stream);
    for (int i = 0; i < in.getFirst().size(); i++) {
      boolean keep = random.uniform(i) >= p;
      out.getFirst().set(i, keep ? in.getFirst().get(i) / (1.0 - p) : 0);
    }
  }

  static long key(int lower, int upper) {
    return (long) upper << 32 | (lower & 0xffffffffL);
  }

  /** The key that a tensor of two words holds. */
  static long key(Tensor words) {
    MemorySegment segment = words.segment();
    return key(segment.get(JAVA_INT, 0), segment.get(JAVA_INT, Integer.BYTES));
  }

  /** Elements are dropped whose 24 random bits are below. */
  int threshold() {
    return (int) Math.ceil(p * 0x1p24);
  }

  /** The factor of the others. */
  float scale() {
    return (float) (1 / (1.0 - p));
  }

  @Override
  public void cpu(List<Tensor> in, List<Tensor> out) {
    long key = key(in.get(1));
    MemorySegment x = in.getFirst().segment();
    MemorySegment y = out.getFirst().segment();
    int count = in.getFirst().shape().elementsExact();
    Fast mask = new Fast(key, stream, threshold(), scale());
    Parallel.range(
        0,
        Math.ceilDiv(count, Fast.GROUP),
        Fast.GRAIN / Fast.GROUP,
        (from, to) -> {
          for (int group = from; group < to; group++) {
            mask.apply(group, x, y, count);
          }
        });
  }

  @Override
  public List<Command> commands(List<Tensor> in, List<Tensor> out) {
    int n = in.getFirst().shape().elementsExact();
    return Kernels.elements(
        "dropout_forward_f32",
        n,
        in.getFirst(),
        out.getFirst(),
        n,
        in.get(1),
        stream,
        threshold(),
        scale());
  }

  @Override
  public boolean rereadsOutput() {
    return false;
  }

  @Override
  public void vjp(Backprop b) {
    b.add(0, Ops.apply(this, b.dy(), b.in(1)));
  }

  @Override
  public boolean flowsTo(int input) {
    return input == 0;
  }

  static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    samples.add(sample(new Dropout(0.1f, 7), 42, 0, Input.normal(3, 5)));
    samples.add(sample(new Dropout(0.5f, -1), -1, -1, Input.normal(131, 67)));
    samples.add(sample(new Dropout(0, 0), 42, 0, Input.normal(37)));
    samples.add(sample(new Dropout(0.9f, 1L << 40), 0, 1 << 8, Input.normal(2, 3, 16)));
    samples.add(sample(new Dropout(0.1f, 7), 42, 0, Input.normal(1)));
    samples.add(sample(new Dropout(0.3f, 7), 42, 0, Input.normal(4, 5)));
    samples.add(sample(new Dropout(0.3f, 9), 42, 0, Input.normal(3001)));
    samples.add(sample(new Dropout(0.9f, 9), 42, 0, Input.normal(39)));
    samples.add(sample(new Dropout(0.5f, 9), 42, 0, Input.normal(38)));
    samples.add(sample(new Dropout(0.1f, 7), 42, 0, Input.normal(0, 4)));
    // An element whose number is p itself stays, wherever in a vector of four it is.
    for (int i : new int[] {16, 17, 18, 19, 36, 37, 38}) {
      float p = new Philox(42, 9).uniform(i);
      samples.add(sample(new Dropout(p, 9), 42, 0, Input.normal(39)));
    }
    return samples;
  }

  private static Sample sample(Dropout op, int lower, int upper, Input x) {
    return Sample.of(op, 1, x, Input.integers(Shape.of(2), lower, upper));
  }

  /**
   * The numbers of {@link Philox} for many consecutive addresses at once: each lane of a vector of
   * longs computes one block of four words, of which the upper halves hold the products.
   *
   * @param threshold elements whose 24 bits are below are dropped
   */
  private record Fast(long key, long stream, int threshold, float scale) {
    /** Elements that one round of vectors serves: four words in each lane of longs. */
    static final int GROUP = 2 * LENGTH;

    static final int GRAIN = 1 << 12;

    private static final VectorSpecies<Long> LONGS =
        VectorSpecies.of(long.class, SPECIES.vectorShape());
    private static final LongVector IOTA = LongVector.zero(LONGS).addIndex(1);
    private static final VectorShuffle<Long> ZIP_LOW = VectorShuffle.makeZip(LONGS, 0);
    private static final VectorShuffle<Long> ZIP_HIGH = VectorShuffle.makeZip(LONGS, 1);
    private static final long WORD = 0xffffffffL;

    void apply(int group, MemorySegment x, MemorySegment y, int count) {
      LongVector c0 = IOTA.add((long) group * LONGS.length());
      LongVector c1 = LongVector.zero(LONGS);
      LongVector c2 = LongVector.broadcast(LONGS, stream & WORD);
      LongVector c3 = LongVector.broadcast(LONGS, stream >>> 32);
      int k0 = (int) key;
      int k1 = (int) (key >>> 32);
      for (int round = 0; round < Philox.ROUNDS; round++) {
        LongVector p0 = c0.mul(Philox.M0 & WORD);
        LongVector p1 = c2.mul(Philox.M1 & WORD);
        c0 = upper(p1).lanewise(VectorOperators.XOR, c1).lanewise(VectorOperators.XOR, k0 & WORD);
        c2 = upper(p0).lanewise(VectorOperators.XOR, c3).lanewise(VectorOperators.XOR, k1 & WORD);
        c1 = p1.and(WORD);
        c3 = p0.and(WORD);
        k0 += Philox.W0;
        k1 += Philox.W1;
      }
      LongVector first = c0.or(c1.lanewise(VectorOperators.LSHL, 32));
      LongVector second = c2.or(c3.lanewise(VectorOperators.LSHL, 32));
      int i = group * GROUP;
      keep(first.rearrange(ZIP_LOW, second).reinterpretAsInts(), x, y, i, count);
      keep(first.rearrange(ZIP_HIGH, second).reinterpretAsInts(), x, y, i + LENGTH, count);
    }

    private static LongVector upper(LongVector product) {
      return product.lanewise(VectorOperators.LSHR, 32);
    }

    private void keep(IntVector words, MemorySegment x, MemorySegment y, int i, int count) {
      VectorMask<Float> keep =
          words
              .lanewise(VectorOperators.LSHR, 8)
              .compare(VectorOperators.GE, threshold)
              .cast(SPECIES);
      FloatVector zero = FloatVector.zero(SPECIES);
      if (i + LENGTH <= count) {
        store(zero.blend(load(x, 0, i).mul(scale), keep), y, 0, i);
      } else {
        FloatVector last = loadBelow(x, 0, i, count).mul(scale);
        storeBelow(zero.blend(last, keep), y, 0, i, count);
      }
    }
  }
}
