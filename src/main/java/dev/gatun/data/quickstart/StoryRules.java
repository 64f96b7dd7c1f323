package dev.gatun.data.quickstart;

import dev.gatun.data.quickstart.Family.Rule;
import dev.gatun.data.quickstart.Words.Colour;
import dev.gatun.data.quickstart.Words.Pastime;
import dev.gatun.data.quickstart.Words.Person;
import dev.gatun.data.quickstart.Words.Place;
import dev.gatun.data.quickstart.Words.Thing;
import java.util.List;

/** Small stories, and questions that are answered from them. */
final class StoryRules {
  static final List<Family> ALL =
      List.of(
          new Rule("days later", StoryRules::daysLater),
          new Rule("next day", StoryRules::nextDay),
          new Rule("who is older", StoryRules::older),
          new Rule("whose colour", StoryRules::whoseColour),
          new Rule("who is where", StoryRules::where),
          new Rule("how many in all", StoryRules::inAll));

  private static final List<String> DAYS_LATER = List.of("하루", "이틀", "사흘");
  private static final List<String> ENGLISH_DAYS_LATER =
      List.of("One day", "Two days", "Three days");

  private StoryRules() {}

  private static Item daysLater(Draw draw) {
    Person person = draw.from(Words.PEOPLE);
    Pastime pastime = draw.from(Words.PASTIMES);
    int day = draw.between(0, 6);
    int later = draw.between(1, 3);
    int then = (day + later) % 7;
    String korean =
        "%s %s에 %s."
            .formatted(Josa.TOPIC.after(person.korean()), Words.DAYS.get(day), pastime.korean());
    String english =
        "%s %s on %s.".formatted(person.english(), pastime.english(), Words.ENGLISH_DAYS.get(day));
    String koreanLater = DAYS_LATER.get(later - 1) + " 뒤는";
    String englishLater = ENGLISH_DAYS_LATER.get(later - 1) + " later";
    return Item.ofStory(
        korean,
        koreanLater + " 무슨 요일인가요?",
        koreanLater + " " + Words.DAYS.get(then) + "입니다.",
        english,
        englishLater + ", what day is it?",
        englishLater + " it is " + Words.ENGLISH_DAYS.get(then) + ".");
  }

  private static Item nextDay(Draw draw) {
    int month = draw.between(1, 12);
    int day = draw.between(1, 27);
    String english = Words.MONTHS.get(month - 1);
    return Item.ofAnswers(
        "%s월 %s일 다음 날은 며칠인가요?".formatted(month, day),
        "%s월 %s일 다음 날은 %s월 %s일입니다.".formatted(month, day, month, day + 1),
        "Which day comes after %s %s?".formatted(english, day),
        "After %s %s comes %s %s.".formatted(english, day, english, day + 1));
  }

  private static Item older(Draw draw) {
    Person one = draw.from(Words.PEOPLE);
    Person other = draw.otherFrom(Words.PEOPLE, List.of(one));
    int age = draw.between(6, 40);
    int otherAge = draw.otherBetween(6, 40, age);
    Person older = age > otherAge ? one : other;
    return Item.ofStory(
        "%s %s살이고 %s %s살입니다."
            .formatted(
                Josa.TOPIC.after(one.korean()), age, Josa.TOPIC.after(other.korean()), otherAge),
        "누가 나이가 더 많은가요?",
        Josa.SUBJECT.after(older.korean()) + " 나이가 더 많습니다.",
        "%s is %s and %s is %s.".formatted(one.english(), age, other.english(), otherAge),
        "Who is older?",
        older.english() + " is older.");
  }

  private static Item whoseColour(Draw draw) {
    Person one = draw.from(Words.PEOPLE);
    Person other = draw.otherFrom(Words.PEOPLE, List.of(one));
    Colour colour = draw.from(Words.COLOURS);
    Colour otherColour = draw.otherFrom(Words.COLOURS, List.of(colour));
    Thing thing = draw.from(Words.THINGS);
    boolean first = draw.between(0, 1) == 0;
    Person asked = first ? one : other;
    Colour answer = first ? colour : otherColour;
    String topic = Josa.TOPIC.after(thing.korean());
    return Item.ofStory(
        "%s의 %s %s이고 %s의 %s %s입니다."
            .formatted(
                one.korean(), topic, colour.name(), other.korean(), topic, otherColour.name()),
        "%s의 %s 무슨 색인가요?".formatted(asked.korean(), topic),
        "%s의 %s %s입니다.".formatted(asked.korean(), topic, answer.name()),
        "%s has a %s %s and %s has a %s %s."
            .formatted(
                one.english(),
                colour.english(),
                thing.english(),
                other.english(),
                otherColour.english(),
                thing.english()),
        "What colour is %s's %s?".formatted(asked.english(), thing.english()),
        "%s's %s is %s.".formatted(asked.english(), thing.english(), answer.english()));
  }

  private static Item where(Draw draw) {
    Person one = draw.from(Words.PEOPLE);
    Person other = draw.otherFrom(Words.PEOPLE, List.of(one));
    Place place = draw.from(Words.PLACES);
    Place otherPlace = draw.otherFrom(Words.PLACES, List.of(place));
    boolean first = draw.between(0, 1) == 0;
    Person asked = first ? one : other;
    Place answer = first ? place : otherPlace;
    String subject = Josa.TOPIC.after(asked.korean());
    return Item.ofStory(
        "%s %s에 있고 %s %s에 있습니다."
            .formatted(
                Josa.TOPIC.after(one.korean()),
                place.korean(),
                Josa.TOPIC.after(other.korean()),
                otherPlace.korean()),
        subject + " 어디에 있나요?",
        "%s %s에 있습니다.".formatted(subject, answer.korean()),
        "%s is in the %s and %s is in the %s."
            .formatted(one.english(), place.english(), other.english(), otherPlace.english()),
        "Where is %s?".formatted(asked.english()),
        "%s is in the %s.".formatted(asked.english(), answer.english()));
  }

  private static Item inAll(Draw draw) {
    Person person = draw.from(Words.PEOPLE);
    Thing thing = draw.from(Words.THINGS);
    int a = draw.between(2, 9);
    int b = draw.between(2, 9);
    String counter = thing.counter();
    return Item.ofStory(
        "%s에게 %s %s%s 있습니다. %s%s 더 받습니다."
            .formatted(
                person.korean(),
                Josa.SUBJECT.after(thing.korean()),
                a,
                counter,
                b,
                Josa.OBJECT.after(counter)),
        "모두 몇 %s인가요?".formatted(counter),
        "모두 %s%s입니다.".formatted(a + b, counter),
        "%s has %s %s and gets %s more.".formatted(person.english(), a, thing.plural(), b),
        "How many %s does %s have now?".formatted(thing.plural(), person.english()),
        "%s has %s %s now.".formatted(person.english(), a + b, thing.plural()));
  }
}
