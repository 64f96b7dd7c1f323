package dev.gatun.data.quickstart;

import dev.gatun.data.quickstart.Family.Rule;
import dev.gatun.data.quickstart.Words.Being;
import dev.gatun.data.quickstart.Words.Colour;
import dev.gatun.data.quickstart.Words.Deed;
import dev.gatun.data.quickstart.Words.Place;
import dev.gatun.data.quickstart.Words.Thing;
import java.util.Collections;
import java.util.List;

/** Numbers in words, and translation of what is composed of known words. */
final class LanguageRules {
  static final List<Family> ALL =
      List.of(
          new Rule("Sino-Korean numerals", LanguageRules::sino),
          new Rule("native and English numerals", LanguageRules::nativeAndEnglish),
          new Rule("coloured things", LanguageRules::coloured),
          new Rule("counted things", LanguageRules::counted),
          new Rule("sentences", LanguageRules::sentence),
          new Rule("last word", LanguageRules::lastWord),
          new Rule("repetition", LanguageRules::repetition));

  private LanguageRules() {}

  private static Item sino(Draw draw) {
    int n = draw.between(1, 999);
    String word = Numerals.sino(n);
    return Item.ofAnswers(
        "%s 한글로 어떻게 쓰나요?".formatted(Josa.OBJECT.after(n)),
        "%s %s 씁니다.".formatted(Josa.TOPIC.after(n), Josa.QUOTE.after(word)),
        "How do you read %s in Korean?".formatted(n),
        "%s is read %s in Korean.".formatted(n, word));
  }

  private static Item nativeAndEnglish(Draw draw) {
    int n = draw.between(1, 99);
    String object = Josa.OBJECT.after(n);
    return Item.ofAnswers(
        "%s 우리말로 세면 무엇인가요?".formatted(object),
        "%s 우리말로 세면 %s입니다.".formatted(object, Numerals.nativeKorean(n)),
        "How do you write %s in words?".formatted(n),
        "%s is written %s.".formatted(n, Numerals.english(n)));
  }

  private static Item coloured(Draw draw) {
    Colour colour = draw.from(Words.COLOURS);
    Thing thing = draw.from(Words.THINGS);
    return translated(
        "%s %s".formatted(colour.before(), thing.korean()),
        "%s %s".formatted(colour.english(), thing.english()));
  }

  private static Item counted(Draw draw) {
    int n = draw.between(1, 10);
    Thing thing = draw.from(Words.THINGS);
    return translated(
        "%s %s %s".formatted(thing.korean(), Numerals.beforeCounter(n), thing.counter()),
        "%s %s".formatted(Numerals.english(n), n == 1 ? thing.english() : thing.plural()));
  }

  private static Item translated(String korean, String english) {
    String quoted = "'" + korean + "'";
    return Item.ofAnswers(
        "%s 영어로 뭐라고 하나요?".formatted(Josa.OBJECT.after(quoted)),
        "%s 영어로 '%s'입니다.".formatted(Josa.TOPIC.after(quoted), english),
        "How do you say '%s' in Korean?".formatted(english),
        "'%s' is %s in Korean.".formatted(english, quoted));
  }

  private static Item sentence(Draw draw) {
    Being being = draw.from(Words.BEINGS);
    Deed deed = draw.from(Words.DEEDS);
    Place place = draw.from(Words.PLACES);
    String korean =
        "%s %s에서 %s.".formatted(Josa.SUBJECT.after(being.korean()), place.korean(), deed.korean());
    String english =
        "The %s %s in the %s.".formatted(being.english(), deed.english(), place.english());
    return Item.of(
        korean + " " + english,
        english + " " + korean,
        "영어로 옮기세요: " + korean,
        english,
        "Translate into Korean: " + english,
        korean);
  }

  private static Item lastWord(Draw draw) {
    Thing first = draw.from(Words.THINGS);
    Thing second = draw.otherFrom(Words.THINGS, List.of(first));
    Thing last = draw.otherFrom(Words.THINGS, List.of(first, second));
    return Item.of(
        "%s %s %s 있습니다."
            .formatted(
                Josa.AND.after(first.korean()),
                Josa.AND.after(second.korean()),
                Josa.SUBJECT.after(last.korean())),
        "There are %s, %s and %s.".formatted(first.plural(), second.plural(), last.plural()),
        "%s, %s, %s 가운데 마지막 낱말은 무엇인가요?".formatted(first.korean(), second.korean(), last.korean()),
        "마지막 낱말은 '%s'입니다.".formatted(last.korean()),
        "What is the last word of %s, %s, %s?"
            .formatted(first.english(), second.english(), last.english()),
        "The last word is '%s'.".formatted(last.english()));
  }

  private static Item repetition(Draw draw) {
    Thing thing = draw.from(Words.THINGS);
    int times = draw.between(2, 5);
    String quoted = "'" + thing.korean() + "'";
    String korean = String.join(" ", Collections.nCopies(times, thing.korean())) + ".";
    String english = String.join(" ", Collections.nCopies(times, thing.english())) + ".";
    return Item.of(
        korean,
        english,
        "%s %s 번 말해 보세요.".formatted(Josa.OBJECT.after(quoted), Numerals.beforeCounter(times)),
        korean,
        "Say '%s' %s times.".formatted(thing.english(), Numerals.english(times)),
        english);
  }
}
