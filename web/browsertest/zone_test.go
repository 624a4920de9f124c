package browsertest

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"

	"rolecall.example/web/webtest"
)

// TestZone: somebody in Los Angeles reads times of Los Angeles, written by script on the very first page and by the server on
// all others. Who chose another zone has that, whatever the browser says.
func TestZone(t *testing.T) {
	t.Parallel()
	s := webtest.New(t)
	// The older half happened at times which are of one day in UTC, and of two in Los Angeles.
	at := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -3)
	var again atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/audit" || again.Swap(true) {
			s.Handler.ServeHTTP(w, r)
			return
		}
		r.Header.Del("Accept-Encoding")
		answer := httptest.NewRecorder()
		s.Handler.ServeHTTP(answer, r)
		n := 0
		body := regexp.MustCompile(`(<time class="num" datetime=")[^"]+`).ReplaceAllStringFunc(answer.Body.String(), func(m string) string {
			if n++; n < 4 {
				return m
			}
			return m[:strings.LastIndex(m, `"`)+1] + at.Add(time.Duration(20-n)*time.Hour).Format(time.RFC3339)
		})
		maps.Copy(w.Header(), answer.Header())
		w.Header().Del("Content-Length")
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	tb := open(t, server.URL, true)
	tb.do(call(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "America/Los_Angeles"}))
	tb.look(1440, false)
	tb.signIn(s, webtest.Owner)
	const right = `[...document.querySelectorAll('time[data-clock]')].every(t => t.textContent === new Date(t.dateTime).toTimeString().slice(0, 5))
		&& document.querySelector('[data-zone]:not(html)').textContent === 'Times in America/Los_Angeles'`
	tb.visit("/audit")
	tb.do(tb.until(right))
	older := at.Add(-8 * time.Hour)
	got := eval[[]string](tb, `[...document.querySelectorAll('.log-d')].map(h => h.textContent)`)
	want := []string{older.AddDate(0, 0, 1).Format("2 January 2006"), older.Format("2 January 2006")}
	if len(got) < 3 || !slices.Equal(got[len(got)-2:], want) {
		t.Errorf("the days are %q, want %q at the end", got, want)
	}
	tb.visit("/audit")
	if !eval[bool](tb, right+` && document.documentElement.dataset.zone === String(-new Date().getTimezoneOffset())`) {
		t.Error("the server does not write the zone of the browser")
	}
	tb.cookie("zone", "Asia/Kathmandu")
	tb.visit("/audit")
	if !eval[bool](tb, `document.querySelector('[data-zone]:not(html)').textContent === 'Times in Asia/Kathmandu' && 'chosen' in document.documentElement.dataset`) {
		t.Error("script takes back what was chosen")
	}
	// On paper there is nothing to press, and it says who printed what, and when.
	tb.do(call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}))
	if seen := eval[string](tb, `[...document.querySelectorAll('button, .btn, nav a, input, select')].filter(e => e.checkVisibility()).map(e => e.outerHTML).join()`); seen != "" {
		t.Errorf("on paper there is %.300s", seen)
	}
	if stamp := eval[string](tb, `document.querySelector('.stamp').innerText`); !strings.Contains(stamp, "Printed by") || !strings.Contains(stamp, "owner") || !strings.Contains(stamp, "+0545") {
		t.Errorf("the stamp is %q", stamp)
	}
}
