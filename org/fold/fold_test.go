package fold_test

import (
	"testing"
	"unicode"

	"rolecall.example/org/fold"
)

func TestText(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"": "", "Ada Lovelace": "ada lovelace", "Müller": "muller", "Mu\u0308ller": "muller", "Groß": "gross", "GROẞ": "gross",
		"O’Brien": "o'brien", "OʼBrien": "o'brien", "O`Brien": "o'brien", "O´Brien": "o'brien", "Łukasz Żółć": "lukasz zolc",
		"Søren Ångström": "soren angstrom", "Đorđe": "dorde", "Ægir Þórðarson": "aegir thordarson", "Œuvre": "oeuvre", "Işık": "isik",
		"İstanbul": "istanbul", "Nguyễn Thị Hằng": "nguyen thi hang", "Ἀθηνᾶ ΟΔΥΣΣΕΎΣ": "αθηνα οδυσσευσ", "οδυσσεύς": "οδυσσευσ", "Пётр Йозеф": "петр иозеф",
		"김민준": "\u1100\u1175\u11b7\u1106\u1175\u11ab\u110c\u116e\u11ab", "ﬁnn": "finn", "Ｊｏｈｎ": "john", "ＴＭ™": "tmtm", "𝚨": "α",
		"أحمد": "احمد", "שָׁלוֹם": "שלום", "नेहा": "नेहा", "Jean‑Luc": "jean-luc", "“Bo”\u00a0C": `"bo" c`,
		"山田 太郎": "山田 太郎", "a\xffb": "a\ufffdb",
	} {
		if got := fold.Text(typed); got != want {
			t.Errorf("%q becomes %q, want %q", typed, got, want)
		}
	}
}

// What was folded or put in lower case before folds to the same, and each character for itself: the migration folds what was
// in lower case, and pages mark in a name what was looked for.
func TestTextOfEachCharacter(t *testing.T) {
	t.Parallel()
	for r := rune(1); r <= 0x1f1ff; r++ {
		one := string(r)
		want := fold.Text(one)
		for _, other := range []string{want, string(unicode.ToLower(r))} {
			if got := fold.Text(other); got != want {
				t.Errorf("%U becomes %q, but %q becomes %q", r, want, other, got)
			}
		}
		if got := fold.Text("é" + one + "o"); got != "e"+want+"o" {
			t.Errorf("%U becomes %q, but between others %q", r, want, got)
		}
	}
}
