package ui

import (
	"strings"
	"testing"
	"time"
)

// Texts that break pages which are not careful.
const (
	hostile = `"><script>alert(1)</script>`
	rtl     = "ليلى أحمد"
	cjk     = "山田 太郎"
)

var now = time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)

func TestThousands(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1284: "1,284", 1234567: "1,234,567"} {
		if got := Thousands(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestPlural(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ got, want string }{
		{Plural(0, "member"), "0 members"}, {Plural(1, "person"), "1 person"}, {Plural(1284, "person"), "1,284 people"},
		{Verb(1, "lose"), "loses"}, {Verb(0, "lose"), "lose"}, {Verb(1, "are"), "is"}, {Verb(1, "have"), "has"}, {Verb(2, "don’t"), "don’t"}, {Verb(1, "don’t"), "doesn’t"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}

func TestAgo(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Minute: "just now", 59 * time.Second: "just now", time.Minute: "1 minute ago", 59 * time.Minute: "59 minutes ago", time.Hour: "1 hour ago",
		23 * time.Hour: "23 hours ago", 24 * time.Hour: "yesterday", 48 * time.Hour: "2 days ago", 335 * time.Hour: "13 days ago", 336 * time.Hour: "6 Nov 2026",
	} {
		if got := Ago(now.Add(-d), now); got != want {
			t.Errorf("%v ago is %q, want %q", d, got, want)
		}
	}
}

// TestZone: dates and days are those of the reader, not of the server.
func TestZone(t *testing.T) {
	t.Parallel()
	west := time.FixedZone("", -8*3600)
	late := time.Date(2026, 3, 8, 6, 30, 0, 0, time.UTC) // still the 7th in the west
	for got, want := range map[string]string{
		Ago(late, late.AddDate(0, 1, 0).In(west)):              "7 Mar 2026",
		When(late, late.AddDate(0, 1, 0)):                      "on 8 Mar 2026",
		DayHeading(late, late.AddDate(0, 0, 1).In(west)):       "Yesterday, 7 March",
		DayHeading(late, late.Add(time.Hour)):                  "Today, 8 March",
		DayHeading(late, late.AddDate(1, 0, 0).In(west)):       "7 March 2026",
		Exact(InZone(t.Context(), Zone{Location: west}), late): "7 Mar 2026, 22:30:00 -0800",
		Exact(t.Context(), late):                               "8 Mar 2026, 06:30:00 UTC",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLeft(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "ended", 0: "ended", time.Second: "in 1 minute", 5 * time.Hour: "in 5 hours", 24*time.Hour - time.Second: "in 24 hours",
		24 * time.Hour: "1 day", 7*24*time.Hour - 2*time.Second: "7 days", 14*24*time.Hour - time.Second: "14 days", 14 * 24 * time.Hour: "4 Dec 2026",
	} {
		if got := Left(now.Add(d), now); got != want {
			t.Errorf("%v before the end is %q, want %q", d, got, want)
		}
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Ada Lovelace": "AL", "Łukasz Żółkiewski": "ŁŻ", "ada": "A", cjk: "山", rtl: "ل", "": "?", hostile: "SS", "Wolfgang Amadeus von W": "WW", "🙂": "?",
	} {
		if got := initials(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
}

func TestPieces(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, query, want string }{
		{"Margaret", "ma", "[Ma]rgaret"}, {"Thomas Mann", "MA", "Tho[ma]s [Ma]nn"}, {"x", "", "x"}, {"aaa", "aa", "[aa]a"},
		{"Łódź", "łÓ", "[Łó]dź"}, {"a", "abc", "a"}, {"", "a", ""}, {"a b", " b ", "a [b]"},
		{"Jo Müller", "muller", "Jo [Müller]"}, {"Mu\u0308ller", "mül", "[Mu\u0308l]ler"}, {"Straßen", "ss", "Stra[ß]en"}, {"Sßs", "s", "[S][ß][s]"},
		{"O’Brien", "o'b", "[O’B]rien"}, {"Muller", "müller", "[Muller]"}, {"ab", "\u0301", "ab"},
	} {
		var b strings.Builder
		for _, p := range pieces(tt.text, tt.query) {
			if p.hit {
				b.WriteString("[" + p.text + "]")
			} else {
				b.WriteString(p.text)
			}
		}
		if b.String() != tt.want {
			t.Errorf("%q in %q: %q, want %q", tt.query, tt.text, b.String(), tt.want)
		}
	}
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, username, email, want string }{
		{"Ada", "ada", "a@x", "ada · a@x"}, {"ada", "ada", "a@x", "a@x"}, {"Ada", "ada", "", "ada"}, {"ada", "ada", "", ""},
	} {
		if got := Identity(tt.name, tt.username, tt.email); got != tt.want {
			t.Errorf("%+v gives %q", tt, got)
		}
	}
}
