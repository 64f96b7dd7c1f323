package dev.gatun.data.quickstart;

import java.util.List;

/** The vocabulary that the families draw from. */
final class Words {
  /**
   * A thing.
   *
   * @param counter the word that Korean counts it with: 책 세 권
   */
  record Thing(String korean, String english, String plural, String counter) {}

  /**
   * A colour.
   *
   * @param before how it stands before a noun: 빨간 (사과)
   * @param name how it is named: 빨간색
   */
  record Colour(String before, String name, String english) {}

  record Person(String korean, String english) {}

  record Being(String korean, String english) {}

  record Deed(String korean, String english) {}

  record Place(String korean, String english) {}

  record Pastime(String korean, String english) {}

  static final List<Thing> THINGS =
      List.of(
          new Thing("사과", "apple", "apples", "개"),
          new Thing("책", "book", "books", "권"),
          new Thing("꽃", "flower", "flowers", "송이"),
          new Thing("새", "bird", "birds", "마리"),
          new Thing("자동차", "car", "cars", "대"),
          new Thing("의자", "chair", "chairs", "개"),
          new Thing("모자", "hat", "hats", "개"),
          new Thing("공", "ball", "balls", "개"),
          new Thing("고양이", "cat", "cats", "마리"),
          new Thing("집", "house", "houses", "채"),
          new Thing("컵", "cup", "cups", "개"),
          new Thing("가방", "bag", "bags", "개"),
          new Thing("연필", "pencil", "pencils", "자루"),
          new Thing("우산", "umbrella", "umbrellas", "개"),
          new Thing("시계", "clock", "clocks", "개"),
          new Thing("상자", "box", "boxes", "개"),
          new Thing("토끼", "rabbit", "rabbits", "마리"),
          new Thing("말", "horse", "horses", "마리"),
          new Thing("나비", "butterfly", "butterflies", "마리"),
          new Thing("열쇠", "key", "keys", "개"),
          new Thing("접시", "plate", "plates", "개"),
          new Thing("버스", "bus", "buses", "대"));

  static final List<Colour> COLOURS =
      List.of(
          new Colour("빨간", "빨간색", "red"),
          new Colour("파란", "파란색", "blue"),
          new Colour("노란", "노란색", "yellow"),
          new Colour("하얀", "하얀색", "white"),
          new Colour("검은", "검은색", "black"),
          new Colour("초록색", "초록색", "green"),
          new Colour("보라색", "보라색", "purple"),
          new Colour("갈색", "갈색", "brown"),
          new Colour("분홍색", "분홍색", "pink"));

  static final List<Person> PEOPLE =
      List.of(
          new Person("민수", "Tom"),
          new Person("지우", "Anna"),
          new Person("서연", "Lucy"),
          new Person("하준", "Ben"),
          new Person("도윤", "Sam"),
          new Person("수아", "Emma"),
          new Person("은지", "Kate"),
          new Person("현우", "Jack"),
          new Person("나영", "Nora"),
          new Person("태민", "Leo"),
          new Person("소라", "Rose"),
          new Person("준호", "Max"));

  static final List<Being> BEINGS =
      List.of(
          new Being("고양이", "cat"),
          new Being("개", "dog"),
          new Being("새", "bird"),
          new Being("토끼", "rabbit"),
          new Being("말", "horse"),
          new Being("아이", "child"),
          new Being("선생님", "teacher"),
          new Being("학생", "student"),
          new Being("의사", "doctor"),
          new Being("농부", "farmer"));

  static final List<Deed> DEEDS =
      List.of(
          new Deed("잡니다", "sleeps"),
          new Deed("놉니다", "plays"),
          new Deed("뜁니다", "runs"),
          new Deed("쉽니다", "rests"),
          new Deed("먹습니다", "eats"),
          new Deed("기다립니다", "waits"),
          new Deed("걷습니다", "walks"),
          new Deed("춤을 춥니다", "dances"));

  static final List<Place> PLACES =
      List.of(
          new Place("집", "house"),
          new Place("공원", "park"),
          new Place("학교", "school"),
          new Place("숲", "forest"),
          new Place("정원", "garden"),
          new Place("시장", "market"),
          new Place("도서관", "library"),
          new Place("부엌", "kitchen"));

  static final List<Pastime> PASTIMES =
      List.of(
          new Pastime("수영을 했습니다", "went swimming"),
          new Pastime("책을 읽었습니다", "read a book"),
          new Pastime("그림을 그렸습니다", "painted a picture"),
          new Pastime("빵을 구웠습니다", "baked bread"),
          new Pastime("노래를 불렀습니다", "sang a song"),
          new Pastime("산에 올랐습니다", "climbed a hill"));

  static final List<String> DAYS = List.of("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일");

  static final List<String> ENGLISH_DAYS =
      List.of("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday");

  static final List<String> MONTHS =
      List.of(
          "January",
          "February",
          "March",
          "April",
          "May",
          "June",
          "July",
          "August",
          "September",
          "October",
          "November",
          "December");

  private Words() {}
}
