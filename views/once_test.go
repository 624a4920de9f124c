package views

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFormsAreSentOnce: each form that changes something carries an id, so that it does nothing twice.
func TestFormsAreSentOnce(t *testing.T) {
	t.Parallel()
	// The rest of these change nothing that could be done twice, lead to a review that does not either, or come before there is
	// anybody to remember it for.
	exempt := regexp.MustCompile(`LoginURL|LoginCodeURL|LoginPasskeyURL|v\.withURL|SetupURL|LogoutURL|action=\{ h\.url|ThemeURL|PreferencesURL|PasswordURL\(s\.Secret\)|InvitationURL\(v\.Link\)|CatalogURL|CatalogRollbackURL|dry_run=1`)
	tag := regexp.MustCompile(`(?s)<form\b.*?>\n.*?</form>`)
	files, err := filepath.Glob("*.templ")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	files = append(files, "ui/toast.templ")
	n := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range tag.FindAllString(string(source), -1) {
			head, _, _ := strings.Cut(form, ">\n")
			if !strings.Contains(head, `method="post"`) || exempt.MatchString(head) {
				continue
			}
			n++
			if !strings.Contains(form, "@ui.Once()") && !strings.Contains(form, "@Once()") && !strings.Contains(form, "@editorHidden(") && !strings.Contains(form, "@candidates(") {
				t.Errorf("%s: %s", file, head)
			}
		}
	}
	if n < 25 {
		t.Errorf("only %d forms were found", n)
	}
}
