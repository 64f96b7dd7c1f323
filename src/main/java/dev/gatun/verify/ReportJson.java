package dev.gatun.verify;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gatun.hub.Json;
import java.util.List;
import java.util.Map;

/** A verification as JSON: where it ran, and one record for each comparison. */
public final class ReportJson {
  private ReportJson() {}

  /**
   * The object.
   *
   * @param environment facts by name
   */
  public static ObjectNode of(Map<String, String> environment, List<Check> checks) {
    ObjectNode root = Json.object();
    ObjectNode facts = root.putObject("environment");
    environment.forEach(facts::put);
    root.put("pass", checks.stream().allMatch(Check::passes));
    ArrayNode records = root.putArray("comparisons");
    for (Check check : checks) {
      ObjectNode record = records.addObject();
      record.put("level", check.level().toString());
      record.put("subject", check.subject());
      record.put("what", check.what());
      record.put("column", check.column());
      record.put("error", check.errors().worst());
      record.put("tolerance", check.errors().tolerance());
      record.put("margin", check.margin());
      record.put("error_of_cpu", check.cpuError());
      record.put("pass", check.passes());
      ArrayNode findings = record.putArray("findings");
      check.findings().forEach(findings::add);
    }
    return root;
  }
}
