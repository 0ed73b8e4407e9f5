"""The words of the grammar: one table for English, French and Korean, and what each word can be joined with.

A sort says what a noun stands for, and verbs and adjectives list the sorts that make sense with them: one eats food and
reads texts. The sorts guide what is drawn at random. A clause written by hand may eat a door.
"""

import unicodedata
from dataclasses import dataclass

ASPIRATED = {"hibou", "hiboux"}  # le hibou, but l' homme: nothing in the spelling tells
KOREAN_IRREGULAR = {"듣": "들으시", "걷": "걸으시", "돕": "도우시", "먹": "드시", "마시": "드시", "자": "주무시"}
KOREAN_SUPPLETIVE = {"먹", "마시", "자"}  # another verb altogether, which stays under negation: 드시지 않으십니다
KOREAN_NEGATIVE = {"알": "모르"}  # not to know is one verb of its own


@dataclass(frozen=True)
class Noun:
    """One noun. `english` and `french` are singular and plural; a mass noun such as water has no plural.

    Examples
    --------
    >>> NOUNS["horse"].french, NOUNS["water"].english
    (('cheval', 'chevaux'), ('water',))
    """

    english: tuple[str, ...]
    gender: str
    french: tuple[str, ...]
    korean: str
    sort: str


@dataclass(frozen=True)
class Adjective:
    """One adjective. `french` is masculine, feminine, their plurals, and the masculine before a vowel (bel, vieil).

    Examples
    --------
    >>> ADJECTIVES["old"].french
    ('vieux', 'vieille', 'vieux', 'vieilles', 'vieil')
    """

    english: str
    before: bool
    french: tuple[str, ...]
    korean: str
    korean_living: str
    sorts: tuple[str, ...]


@dataclass(frozen=True)
class Verb:
    """One verb, in English without and with -s. `french` follows je, tu, il, nous, ils; no `objects`: it takes none.

    An event happens in a place and to something new ("a cat"). Loving and knowing are states.

    Examples
    --------
    >>> VERBS["know"].french, VERBS["know"].is_event
    (('connais', 'connais', 'connaît', 'connaissons', 'connaissent'), False)
    """

    english: tuple[tuple[str, ...], tuple[str, ...]]
    french: tuple[str, ...]
    korean: str
    subjects: tuple[str, ...]
    objects: tuple[str, ...]
    is_event: bool


@dataclass(frozen=True)
class Pronoun:
    """One personal pronoun, as subject and as object. `row` is its place in a French verb's forms.

    Examples
    --------
    >>> PRONOUNS["she"].french, VERBS["know"].french[PRONOUNS["she"].row]
    (('elle', 'la'), 'connaît')
    """

    english: tuple[str, str]
    french: tuple[str, str]
    korean: str
    row: int


PEOPLE = ("person", "child", "friend", "elder")
LIVING = (*PEOPLE, "animal")
FOOD = ("fruit", "food", "bread")
THINGS = ("text", "plant", "opening", "place")

_PRONOUNS = """
I     me     je      me      저     0
you   you    tu      te      당신   1
he    him    il      le      그     2
she   her    elle    la      그녀   2
we    us     nous    nous    우리   3
they  them   ils     les     그들   4
"""

_NOUNS = """
man          men           m  homme       hommes        남자      person
woman        women         f  femme       femmes        여자      person
child        children      m  enfant      enfants       아이      child
friend       friends       f  amie        amies         친구      friend
teacher      teachers      m  professeur  professeurs   선생님    elder
grandmother  grandmothers  f  grand-mère  grands-mères  할머니    elder
cat          cats          m  chat        chats         고양이    animal
dog          dogs          m  chien       chiens        개        animal
bird         birds         m  oiseau      oiseaux       새        animal
owl          owls          m  hibou       hiboux        부엉이    animal
horse        horses        m  cheval      chevaux       말        animal
apple        apples        f  pomme       pommes        사과      fruit
orange       oranges       f  orange      oranges       오렌지    fruit
cake         cakes         m  gâteau      gâteaux       케이크    food
bread        -             m  pain        -             빵        bread
water        -             f  eau         -             물        drink
tea          -             m  thé         -             차        drink
coffee       coffees       m  café        cafés         커피      drink
book         books         m  livre       livres        책        text
letter       letters       f  lettre      lettres       편지      text
story        stories       f  histoire    histoires     이야기    story
song         songs         f  chanson     chansons      노래      song
tree         trees         m  arbre       arbres        나무      plant
flower       flowers       f  fleur       fleurs        꽃        plant
star         stars         f  étoile      étoiles       별        star
door         doors         f  porte       portes        문        opening
window       windows       f  fenêtre     fenêtres      창문      opening
box          boxes         f  boîte       boîtes        상자      opening
house        houses        f  maison      maisons       집        place
garden       gardens       m  jardin      jardins       정원      place
school       schools       f  école       écoles        학교      place
hotel        hotels        m  hôtel       hôtels        호텔      place
"""

_ADJECTIVES = """
small      before  petit petite petits petites petit               작은               person,child,animal,food,fruit,text,plant,opening,place
big        before  grand grande grands grandes grand               큰                 animal,food,fruit,plant,star,opening,place
beautiful  before  beau belle beaux belles bel                     아름다운           person,friend,animal,story,song,plant,star,opening,place
old        before  vieux vieille vieux vieilles vieil              오래된/늙은        person,friend,animal,text,story,song,plant,opening,place
new        before  nouveau nouvelle nouveaux nouvelles nouvel      새                 friend,text,story,song,opening,place
black      after   noir noire noirs noires noir                    검은               animal,text,plant,opening,place
white      after   blanc blanche blancs blanches blanc             하얀               animal,plant,star,opening,place
red        after   rouge rouge rouges rouges rouge                 빨간               fruit,text,plant,star,opening,place
blue       after   bleu bleue bleus bleues bleu                    파란               text,plant,star,opening,place
sad        after   triste triste tristes tristes triste            슬픈               person,child,friend,elder,animal,story,song
happy      after   heureux heureuse heureux heureuses heureux      행복한             person,child,friend,elder,animal
famous     after   célèbre célèbre célèbres célèbres célèbre       유명한             person,friend,elder,text,story,song,place
"""  # noqa: E501

_VERBS = """
love      | aime aimes aime aimons aiment                          | 사랑하 | LIVING | state | LIVING story song
know      | connais connais connaît connaissons connaissent        | 알     | PEOPLE | state | PEOPLE story song place
see       | vois vois voit voyons voient                           | 보     | LIVING | event | LIVING FOOD THINGS star
look for  | cherche cherches cherche cherchons cherchent           | 찾     | LIVING | event | LIVING FOOD THINGS drink
wait for  | attends attends attend attendons attendent             | 기다리 | LIVING | event | LIVING
help      | aide aides aide aidons aident                          | 돕     | PEOPLE | event | LIVING
read      | lis lis lit lisons lisent                              | 읽     | PEOPLE | event | text story
write     | écris écris écrit écrivons écrivent                    | 쓰     | PEOPLE | event | text story
eat       | mange manges mange mangeons mangent                    | 먹     | LIVING | event | FOOD
drink     | bois bois boit buvons boivent                          | 마시   | LIVING | event | drink
buy       | achète achètes achète achetons achètent                | 사     | PEOPLE | event | animal FOOD drink text
listen to | écoute écoutes écoute écoutons écoutent                | 듣     | LIVING | event | story song
draw      | dessine dessines dessine dessinons dessinent           | 그리   | PEOPLE | event | LIVING FOOD THINGS star
open      | ouvre ouvres ouvre ouvrons ouvrent                     | 열     | PEOPLE | event | opening
close     | ferme fermes ferme fermons ferment                     | 닫     | PEOPLE | event | opening
sleep     | dors dors dort dormons dorment                         | 자     | LIVING | event |
walk      | marche marches marche marchons marchent                | 걷     | LIVING | event |
work      | travaille travailles travaille travaillons travaillent | 일하   | PEOPLE | event |
"""


def _rows(table: str, separator: str | None = None) -> list[list[str]]:
    return [[cell.strip() for cell in line.split(separator)] for line in table.strip().splitlines()]


def _pronoun(subject, object, french, french_object, korean, row) -> Pronoun:
    return Pronoun((subject, object), (french, french_object), korean, int(row))


def _noun(english, english_plural, gender, french, french_plural, korean, sort) -> Noun:
    number = 1 if english_plural == "-" else 2
    return Noun((english, english_plural)[:number], gender, (french, french_plural)[:number], korean, sort)


def _adjective(english, position, *cells) -> Adjective:
    *french, korean, sorts = cells
    thing, _, living = korean.partition("/")
    return Adjective(english, position == "before", tuple(french), thing, living or thing, tuple(sorts.split(",")))


def _verb(english, french, korean, subjects, kind, objects) -> Verb:
    groups = {"LIVING": LIVING, "PEOPLE": PEOPLE, "FOOD": FOOD, "THINGS": THINGS}
    sorts = [tuple(sort for word in cell.split() for sort in groups.get(word, (word,))) for cell in (subjects, objects)]
    first, *rest = english.split()
    return Verb(((first, *rest), (f"{first}s", *rest)), tuple(french.split()), korean, *sorts, kind == "event")


PRONOUNS = {row[0]: _pronoun(*row) for row in _rows(_PRONOUNS)}
NOUNS = {row[0]: _noun(*row) for row in _rows(_NOUNS)}
ADJECTIVES = {row[0]: _adjective(*row) for row in _rows(_ADJECTIVES)}
VERBS = {row[0]: _verb(*row) for row in _rows(_VERBS, "|")}

# masculine, feminine, plural, masculine before a vowel, feminine before a vowel
FRENCH_DETERMINERS = {
    "the": ("le", "la", "les", "le", "la"),
    "a": ("un", "une", "", "un", "une"),
    "my": ("mon", "ma", "mes", "mon", "mon"),
    "this": ("ce", "cette", "ces", "cet", "cette"),
}
KOREAN_DETERMINERS = {"the": "", "a": "", "my": "제", "this": "이"}


def begins_with_vowel(french: str) -> bool:
    """Tell whether French elides and links before this word: a vowel or a mute h.

    >>> [begins_with_vowel(word) for word in ("école", "homme", "hibou", "chat")]
    [True, True, False, False]
    """
    first = unicodedata.normalize("NFD", french)[0]
    return first in "aeiou" or (first == "h" and french not in ASPIRATED)


def final_consonant(korean: str) -> int:
    """Return the number of the last syllable's final consonant, 0 for none (Unicode, chapter 3.12).

    >>> [final_consonant(word) for word in ("새", "말", "책")]
    [0, 8, 1]
    """
    return (ord(korean[-1]) - 0xAC00) % 28


def with_final(korean: str, consonant: int) -> str:
    """Give the last syllable another final consonant, 0 for none: 하 + ㅂ (17) is 합.

    >>> with_final("사랑하", 17), with_final("알", 0)
    ('사랑합', '아')
    """
    return korean[:-1] + chr(ord(korean[-1]) - final_consonant(korean) + consonant)


def polite(stem: str) -> str:
    """Return the formal polite present: ㅂ니다 after a vowel or in place of ㄹ (8), otherwise 습니다.

    >>> polite("사랑하"), polite("알"), polite("읽")
    ('사랑합니다', '압니다', '읽습니다')
    """
    return with_final(stem, 17) + "니다" if final_consonant(stem) in (0, 8) else stem + "습니다"


def honorific(stem: str) -> str:
    """Return the stem that honours the subject: 시 after a vowel or in place of ㄹ, otherwise 으시.

    >>> honorific("보"), honorific("알"), honorific("읽"), honorific("먹")
    ('보시', '아시', '읽으시', '드시')
    """
    regular = with_final(stem, 0) + "시" if final_consonant(stem) in (0, 8) else stem + "으시"
    return KOREAN_IRREGULAR.get(stem, regular)
