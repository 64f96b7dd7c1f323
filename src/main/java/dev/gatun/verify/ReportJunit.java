package dev.gatun.verify;

import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** A verification as JUnit XML, which servers for continuous integration show. */
public final class ReportJunit {
  private ReportJunit() {}

  /** The document: a suite for each level, a case for each comparison. */
  public static String of(Map<String, String> environment, List<Check> checks) {
    StringWriter text = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newFactory().createXMLStreamWriter(text);
      xml.writeStartDocument("UTF-8", "1.0");
      start(xml, "testsuites", "verify", checks);
      Map<Level, List<Check>> suites =
          checks.stream()
              .collect(
                  Collectors.groupingBy(Check::level, LinkedHashMap::new, Collectors.toList()));
      for (Map.Entry<Level, List<Check>> suite : suites.entrySet()) {
        start(xml, "testsuite", suite.getKey().toString(), suite.getValue());
        properties(xml, environment);
        for (Check check : suite.getValue()) {
          testCase(xml, check);
        }
        xml.writeEndElement();
      }
      xml.writeEndElement();
      xml.writeEndDocument();
      xml.close();
    } catch (XMLStreamException e) {
      throw new IllegalStateException("a string takes any text", e);
    }
    return text.append('\n').toString();
  }

  private static void start(XMLStreamWriter xml, String element, String name, List<Check> checks)
      throws XMLStreamException {
    long failures = checks.stream().filter(check -> !check.passes()).count();
    xml.writeStartElement(element);
    xml.writeAttribute("name", name);
    xml.writeAttribute("tests", String.valueOf(checks.size()));
    xml.writeAttribute("failures", String.valueOf(failures));
  }

  private static void properties(XMLStreamWriter xml, Map<String, String> environment)
      throws XMLStreamException {
    xml.writeStartElement("properties");
    for (Map.Entry<String, String> fact : environment.entrySet()) {
      xml.writeEmptyElement("property");
      xml.writeAttribute("name", fact.getKey());
      xml.writeAttribute("value", printable(fact.getValue()));
    }
    xml.writeEndElement();
  }

  private static void testCase(XMLStreamWriter xml, Check check) throws XMLStreamException {
    xml.writeStartElement("testcase");
    xml.writeAttribute("classname", check.level() + "." + check.subject());
    xml.writeAttribute("name", printable(check.what() + " [" + check.column() + "]"));
    if (!check.passes()) {
      xml.writeStartElement("failure");
      xml.writeAttribute("message", printable(check.toString().lines().findFirst().orElse("")));
      xml.writeCharacters(printable(check.toString()));
      xml.writeEndElement();
    }
    xml.writeEndElement();
  }

  /** XML has no place for most control characters. */
  private static String printable(String text) {
    return text.replaceAll("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]", "?");
  }
}
