package dev.gatun.verify;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatun.core.Shape;
import dev.gatun.hub.JsonFields;
import dev.gatun.memory.Region;
import dev.gatun.model.ForwardInput;
import dev.gatun.tensor.Tensors;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One input of a model fixture as Hugging Face's models take it: token ids, attention mask,
 * positions and labels, B rows of S tokens.
 */
final class GoldenCase {
  /** The label that the loss ignores. */
  static final int IGNORED = -100;

  private final String name;
  private final int[][] ids;
  private final int @Nullable [][] mask;
  private final int @Nullable [][] positions;
  private final int[][] labels;

  private GoldenCase(
      String name,
      int[][] ids,
      int @Nullable [][] mask,
      int @Nullable [][] positions,
      int[][] labels) {
    this.name = name;
    this.ids = ids;
    this.mask = mask;
    this.positions = positions;
    this.labels = labels;
  }

  /** Reads one element of {@code cases}. */
  static GoldenCase of(JsonFields fields) {
    int[][] ids = requiredMatrix(fields, "input_ids");
    int[][] labels = requiredMatrix(fields, "labels");
    int[][] mask = matrix(fields, "attention_mask");
    int[][] positions = matrix(fields, "position_ids");
    requireShape(fields, "labels", labels, ids);
    requireShape(fields, "attention_mask", mask, ids);
    requireShape(fields, "position_ids", positions, ids);
    return new GoldenCase(fields.text("name"), ids, mask, positions, labels);
  }

  /** Checks that a matrix, where there is one, has the shape of the ids. */
  static void requireShape(JsonFields fields, String key, int @Nullable [][] matrix, int[][] ids) {
    boolean same =
        matrix == null || (matrix.length == ids.length && matrix[0].length == ids[0].length);
    if (!same) {
      throw fields.error(key, "must have as many rows of as many numbers as input_ids");
    }
  }

  /** What the model reads. */
  ForwardInput input(Region region) {
    Shape shape = Shape.of(batch(), length());
    int[] starts = starts();
    return new ForwardInput(
        Tensors.of(region, shape, ids()),
        Tensors.of(region, shape, positions()),
        starts == null ? null : Tensors.of(region, shape, starts),
        null);
  }

  String name() {
    return name;
  }

  int batch() {
    return ids.length;
  }

  int length() {
    return ids[0].length;
  }

  /** The ids, row after row. */
  int[] ids() {
    return flat(ids);
  }

  /** The positions, row after row: 0 .. S-1 where none are given, whatever the mask. */
  int[] positions() {
    if (positions != null) {
      return flat(positions);
    }
    int[] counted = new int[batch() * length()];
    Arrays.setAll(counted, i -> i % length());
    return counted;
  }

  /** For each token the first that its row's mask lets through; null where none is hidden. */
  int @Nullable [] starts() {
    int[] starts = new int[batch() * length()];
    for (int b = 0; b < batch(); b++) {
      int first = 0;
      while (first < length() && !isVisible(b, first)) {
        first++;
      }
      Arrays.fill(starts, b * length(), (b + 1) * length(), first);
    }
    return Arrays.stream(starts).allMatch(start -> start == 0) ? null : starts;
  }

  /** Whether the mask lets a token through; what a model says of others is undefined. */
  boolean isVisible(int row, int position) {
    return mask == null || mask[row][position] == 1;
  }

  /** The labels, each moved to the position that predicts it. */
  int[] shiftedLabels() {
    int[] shifted = new int[batch() * length()];
    for (int b = 0; b < batch(); b++) {
      for (int t = 0; t < length(); t++) {
        shifted[b * length() + t] = t + 1 < length() ? labels[b][t + 1] : IGNORED;
      }
    }
    return shifted;
  }

  private static int[] flat(int[][] rows) {
    return Arrays.stream(rows).flatMapToInt(Arrays::stream).toArray();
  }

  /** Rows of integers of one length. */
  static int[][] requiredMatrix(JsonFields fields, String key) {
    int[][] matrix = matrix(fields, key);
    if (matrix == null || matrix.length == 0) {
      throw fields.error(key, "must hold rows");
    }
    return matrix;
  }

  private static int @Nullable [][] matrix(JsonFields fields, String key) {
    if (!fields.has(key)) {
      return null;
    }
    JsonNode rows = fields.node().get(key);
    if (!rows.isArray()) {
      throw fields.error(key, "must be a list of rows");
    }
    int[][] matrix = new int[rows.size()][];
    for (int i = 0; i < matrix.length; i++) {
      JsonNode row = rows.get(i);
      if (!row.isArray() || row.isEmpty() || row.size() != rows.get(0).size()) {
        throw fields.error(key, "must be rows of one length");
      }
      matrix[i] = new int[row.size()];
      for (int j = 0; j < matrix[i].length; j++) {
        if (!row.get(j).isInt()) {
          throw fields.error(key, "must hold integers");
        }
        matrix[i][j] = row.get(j).intValue();
      }
    }
    return matrix;
  }
}
