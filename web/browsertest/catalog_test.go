package browsertest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"rolecall.example/web/webtest"
)

// TestCatalogChange goes the way of an owner: a file that is wrong, the review of another product's catalog, what is in use
// and goes only with a tick, the change, the comparison of the versions, and back. With script and without.
func TestCatalogChange(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("../../examples/catalogs/expenses.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, script := range []bool{true, false} {
		t.Run(map[bool]string{true: "with script", false: "without"}[script], func(t *testing.T) {
			t.Parallel()
			s := crowd(t)
			tb := open(t, serve(t, s), script)
			tb.signIn(s, webtest.Owner)
			tb.look(1440, false)
			tb.visit("/catalog")
			tb.do(click(`.tabs a[href="/catalog/change"]`), see(`#document`))

			tb.paste("format: rolecall/catalog/1\nproduct: expenses\nlable: Expenses\n")
			tb.do(click(`main form button.pri`), see(`#errors`))
			if text := tb.text(`#errors`); !strings.Contains(text, "line 3: ") || !strings.Contains(text, "lable") {
				t.Errorf("the file that is wrong: %q", text)
			}
			if got := eval[string](tb, `document.querySelector('#document').value.split('\n')[2]`); got != "lable: Expenses" {
				t.Errorf("what was entered is %q now", got)
			}

			tb.paste(string(file))
			tb.do(click(`[name=replace]`), click(`main form button.pri`), see(`.verdict`))
			if text := tb.text(`main`); !strings.Contains(text, "Version 2 of ") || !strings.Contains(text, "template:read") {
				t.Errorf("the review is %q", text)
			}
			for _, what := range []string{"template:read", "template:update"} {
				tb.do(click(fmt.Sprintf(`[name=retire][value=%q]`, what)))
			}
			tb.do(click(`form.confirm button.pri`), tb.said("Version 2 of the catalog is in force now."), tb.at("/catalog"))
			if text := tb.text(`main`); !strings.Contains(text, "version 2") || !strings.Contains(text, "invoice:pay") {
				t.Errorf("the catalog is %.500q", text)
			}
			if got := permissionsOf(t, s, "ci"); script && len(got) != 2 { // they stay stored, and do nothing
				t.Errorf("the role says %v", got)
			}

			tb.do(click(`.tabs a[href="/catalog/versions"]`), see(`#v-2`), click(`#v-1 a.btn`), see(`.merge`))
			if text := tb.text(`.merge`); !strings.Contains(text, "invoice:pay") {
				t.Errorf("the comparison is %.500q", text)
			}
			tb.visit("/catalog/versions")
			tb.do(click(`#v-1 button`), see(`.verdict`))
			if n := eval[int](tb, `document.querySelectorAll('form.confirm [name=retire]').length`); n != 0 {
				t.Errorf("going back takes %d things that are in use", n)
			}
			tb.do(click(`form.confirm button.pri`), tb.said("Version 3 of the catalog is in force now."))
			if diff := cmp.Diff([]string{"template:read", "template:update"}, permissionsOf(t, s, "ci")); diff != "" {
				t.Errorf("the role after going back (-want +got)\n%s", diff)
			}
		})
	}
}

// TestCatalogFile: a file that is chosen fills the field that it could be pasted into.
func TestCatalogFile(t *testing.T) {
	t.Parallel()
	file, err := filepath.Abs("../../examples/catalogs/expenses.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := webtest.New(t)
	tb := open(t, serve(t, s), true)
	tb.signIn(s, webtest.Owner)
	tb.look(390, true)
	tb.visit("/catalog/change")
	tb.do(chromedp.SetUploadFiles(chromedp.CSS(`#chosen`), []string{file}), tb.until(`document.querySelector('#document').value.includes('product: expenses')`))
	tb.check("a chosen file", fullAudit)
	eval[any](tb, `sessionStorage.clear()`)
	tb.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('main form').reset()`)) // else the page asks whether to leave it
}

// paste puts a text into the field of the document.
func (tb *tab) paste(text string) {
	tb.t.Helper()
	tb.do(idle())
	eval[any](tb, fmt.Sprintf(`(f => { f.value = %q; f.dispatchEvent(new Event('input', {bubbles: true})); })(document.querySelector('#document'))`, text))
}

// text is what can be read in what a selector finds first.
func (tb *tab) text(selector string) string {
	tb.t.Helper()
	return eval[string](tb, fmt.Sprintf(`document.querySelector(%q)?.textContent.replace(/\s+/g, ' ') ?? ''`, selector))
}
