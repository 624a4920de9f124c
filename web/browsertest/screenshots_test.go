package browsertest

import (
	"bufio"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
)

var update = flag.Bool("update", false, "take the pictures in docs/ anew, from the demo")

// picture is one of docs/. Its place is looked for in the demo, so it can be found again whatever people are invented.
type picture struct {
	file, path string
	width      int64
	dark       bool
	do         []chromedp.Action[chromedp.Void]
}

var pictures = []picture{
	{file: "screenshot.png", path: members, width: 1440},
	{file: "assignment.png", path: members + "?role=contractor", width: 1440, do: []chromedp.Action[chromedp.Void]{
		click(`tbody tr:nth-child(2) a[data-pop]`), see(`#pop input[name=role]`), click(`#pop input[name=role][value=template-author]`),
	}},
	{file: "dark.png", path: roles, width: 1440, dark: true},
	{file: "phone.png", path: members, width: 390},
	{file: "impact.png", path: roles + "/contractor?confirm=delete", width: 1440},
	{file: "explain.png", path: members + "/ada-webb?resource_type=template&action=create", width: 1440},
	{file: "who-can.png", path: "/organizations/default/who-can?resource_type=template&action=update", width: 1440},
	{file: "audit.png", path: "/audit", width: 1440},
	{file: "role-editor.png", path: roles + "/contractor", width: 1440, do: []chromedp.Action[chromedp.Void]{
		choose("org.template.view_insights", "allow"), choose("org.workspace.delete", "deny"), choose("org.workspace.stop", ""),
	}},
}

// TestScreenshots takes the pictures of the README. It is no test: run it with -update when the pages have changed.
func TestScreenshots(t *testing.T) {
	if !*update {
		t.Skip("on request: it writes pictures, with -update")
	}
	d := startDemo(t)
	tb := open(t, d.URL, true)
	tb.visit("/login?next=" + members)
	tb.do(fill(`[name=email]`, d.Email), fill(`[name=password]`, d.Password), press(`[name=password]`, "\r"), tb.at(members))
	for _, p := range pictures {
		tb.look(p.width, p.dark)
		tb.visitAnyway(p.path) // the page before may have unsaved changes
		tb.do(p.do...)
		eval[bool](tb, settled)
		png, err := chromedp.Run(tb.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join("..", "..", "docs", p.file), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// demo is how to get into a running demo.
type demo struct{ URL, Email, Password string }

// startDemo runs the demo of the program, until the test is over.
func startDemo(t *testing.T) demo {
	t.Helper()
	program := filepath.Join(t.TempDir(), "rolecall")
	if out, err := exec.Command("go", "build", "-o", program, "../../cmd/rolecall").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(program, "demo", "--json", "--http-address", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	var text strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "}" {
		text.WriteString(lines.Text())
	}
	var d demo
	if err := json.Unmarshal([]byte(text.String()+"}"), &d); err != nil {
		t.Fatalf("%v in %q", err, text.String())
	}
	return d
}
