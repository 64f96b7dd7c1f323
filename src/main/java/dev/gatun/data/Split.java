package dev.gatun.data;

import dev.gatun.core.ConfigurationException;
import dev.gatun.core.DataException;
import dev.gatun.core.Philox;
import java.util.Arrays;

/**
 * Which of n items train and which are held out, as Hugging Face's {@code train_test_split}: a
 * random choice that the seed alone decides. Both lists are ascending; together they are 0 .. n-1.
 */
public final class Split {
  /** "split": the stream that keeps this choice apart from other uses of the same seed. */
  private static final long STREAM = 0x73706C6974L;

  private final int[] train;
  private final int[] test;

  private Split(int[] train, int[] test) {
    this.train = train;
    this.test = test;
  }

  /**
   * Holds out a part of n items.
   *
   * @param testSize below 1 a fraction, of which ceil(n · testSize) items are held out; otherwise
   *     the number of items. 0 holds out none
   * @throws DataException when nothing would be left to train on
   */
  public static Split of(int n, double testSize, long seed) {
    int count = testCount(n, testSize);
    int[] order = new Philox(seed, STREAM).permutation(n);
    int[] test = Arrays.copyOf(order, count);
    int[] train = Arrays.copyOfRange(order, count, n);
    Arrays.sort(test);
    Arrays.sort(train);
    return new Split(train, test);
  }

  private static int testCount(int n, double testSize) {
    if (!(testSize >= 0 && testSize <= Integer.MAX_VALUE)
        || (testSize >= 1 && testSize != Math.rint(testSize))) {
      throw new ConfigurationException(
          "test_size " + testSize + " is neither a fraction in [0, 1) nor a whole number");
    }
    double count = testSize < 1 ? Math.ceil(n * testSize) : testSize;
    if (n > 0 && count >= n) {
      throw new DataException(
          String.format(
              "test size %s of %d items leaves nothing to train on; lower it or bring more data",
              testSize, n));
    }
    return (int) count;
  }

  /** The items to train on. */
  public int[] train() {
    return train.clone();
  }

  /** The items held out. */
  public int[] test() {
    return test.clone();
  }
}
