package browsertest

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"rolecall.example/web/webtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if closeBrowser != nil {
		closeBrowser()
	}
	os.Exit(code)
}

// chromium is the browser that all tests share: to start one takes longer than most tests.
type chromium struct {
	ctx  context.Context
	tabs chan struct{} // as many as may be open at once
}

// patience is long, for machines that do much else meanwhile.
const patience = time.Minute

// closeBrowser ends the browser; nil until one is started.
var closeBrowser func()

var errNoBrowser = errors.New("no Chromium on this machine")

var browser = sync.OnceValues(func() (*chromium, error) {
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		return nil, errNoBrowser
	}
	dir, err := os.MkdirTemp("", "rolecall-browser-")
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(dir), chromedp.NoSandbox, chromedp.DisableGPU, // CI runs as root
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("allow-pre-commit-input", true), // else keys pressed before a page is painted are dropped
	)
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	b := &chromium{ctx: ctx, tabs: make(chan struct{}, 2)}
	closeBrowser = func() {
		_ = chromedp.Cancel(ctx)
		cancel()
		for range 50 { // its children write a little longer than it lives
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return b, chromedp.Do(ctx)
})

// serve puts a site on the network.
func serve(t *testing.T, s *webtest.Site) string {
	t.Helper()
	server := httptest.NewServer(s.Handler)
	t.Cleanup(server.Close)
	return server.URL
}

// tab is a tab of its own cookies, and what goes wrong in it.
type tab struct {
	t      *testing.T
	ctx    context.Context
	base   string // of the site
	also   string // another site that it may ask
	script bool

	mu       sync.Mutex
	problems []string
}

// open opens a tab for a site at base; without script it knows none. It fails t for whatever goes wrong in it and was
// not asked for with wrong.
func open(t *testing.T, base string, script bool) *tab {
	t.Helper()
	b, err := browser()
	if errors.Is(err, errNoBrowser) && os.Getenv("ROLECALL_REQUIRE_ALL") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.tabs <- struct{}{}
	tb := &tab{t: t, base: base, script: script}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(tb.listen))
	tb.ctx = ctx
	t.Cleanup(func() {
		for _, p := range tb.wrong() {
			t.Error(p)
		}
		cancel()
		<-b.tabs
	})
	tb.do(chromedp.Steps(
		call(network.Enable, network.EnableParams{}), call(cdplog.Enable, cdp.Empty{}), call(page.Enable, page.EnableParams{}),
		call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `addEventListener('securitypolicyviolation', e => console.error('content security policy:', e.violatedDirective, e.blockedURI, e.sourceFile))`,
		}),
		call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !script}),
		// Several tabs are open at once: each must believe that it has the focus.
		call(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
	))
	return tb
}

// call is a command of the protocol as a step.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// listen writes down what must not happen: errors in the console, requests to somewhere else, dialogs.
func (tb *tab) listen(event any) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		tb.problems = append(tb.problems, "exception: "+e.ExceptionDetails.Text+" "+describe(e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			var words []string
			for _, a := range e.Args {
				words = append(words, describe(a))
			}
			tb.problems = append(tb.problems, "console: "+strings.Join(words, " "))
		}
	case *cdplog.EventEntryAdded:
		// That a page reports a failure by its status is no error of the page; nor is that it asks whether to leave it,
		// which it must not ask who has not touched it.
		expected := strings.Contains(e.Entry.Text, "the server responded with a status of 4") || strings.Contains(e.Entry.Text, "'beforeunload'")
		if !expected && e.Entry.Level != "verbose" && e.Entry.Level != "info" {
			tb.problems = append(tb.problems, "log: "+e.Entry.Text+" "+e.Entry.URL)
		}
	case *page.EventJavascriptDialogOpening:
		tb.problems = append(tb.problems, "dialog: "+e.Message)
		go func() {
			_ = chromedp.Do(tb.ctx, call(page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}))
		}()
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		at := ""
		if err == nil {
			at = u.Scheme + "://" + u.Host
		}
		if err != nil || u.Scheme != "data" && at != tb.base && at != tb.also {
			tb.problems = append(tb.problems, "request to "+e.Request.URL)
		}
	}
}

func describe(o *runtime.RemoteObject) string {
	if o == nil {
		return ""
	}
	if o.Description != "" {
		return o.Description
	}
	return string(o.Value)
}

// wrong returns what went wrong since its last call.
func (tb *tab) wrong() []string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	problems := tb.problems
	tb.problems = nil
	return problems
}

// do takes steps, which together may take as long as patience lasts.
func (tb *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	// The first run binds the life of the tab to its context, which must not be one that ends.
	if err := chromedp.Do(tb.ctx); err != nil {
		tb.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	for i, step := range steps {
		if err := chromedp.Do(ctx, step); err != nil {
			tb.shoot()
			tb.t.Fatalf("step %d at %s: %v", i+1, tb.where(), err)
		}
	}
}

// shoot keeps a picture of the page where a test failed, if there is a directory for such.
func (tb *tab) shoot() {
	dir := os.Getenv("ROLECALL_SHOTS")
	if dir == "" {
		return
	}
	if png, err := chromedp.Run(tb.ctx, chromedp.CaptureScreenshot()); err == nil {
		_ = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(tb.t.Name(), "/", "-")+".png"), png, 0o600)
	}
}

// where is the address of the page, and what has the focus in it.
func (tb *tab) where() string {
	ctx, cancel := context.WithTimeout(tb.ctx, time.Second)
	defer cancel()
	where, _ := chromedp.Run(ctx, chromedp.Evaluate[string](
		`location.href + ', ' + document.readyState + ', focus on ' + document.activeElement?.outerHTML.slice(0, 120) + ' ' + document.activeElement?.value`,
	))
	return where
}

// eval is the value of an expression, or what a promise comes to, in the page.
func eval[T any](tb *tab, expression string) T {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tb.t.Fatalf("%.200s at %s: %v", expression, tb.where(), err)
	}
	return v
}

// signIn gives the tab a session of one of the people of a site.
func (tb *tab) signIn(s *webtest.Site, name string) {
	tb.t.Helper()
	_, value, _ := strings.Cut(s.Cookie(tb.t, name), "=")
	tb.cookie("rolecall", value)
}

func (tb *tab) cookie(name, value string) {
	tb.t.Helper()
	tb.do(call(network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: tb.base}))
}

// visit opens a path, and waits until the page and its scripts are there.
func (tb *tab) visit(path string) {
	tb.t.Helper()
	tb.do(chromedp.Navigate(tb.base+path), tb.until(`location.protocol !== 'about:' && document.readyState === 'complete' && performance.getEntriesByType('paint').length > 0`))
}

// look sets the size of the window and whether the system is dark.
func (tb *tab) look(width int64, dark bool) {
	tb.t.Helper()
	scheme, height := "light", int64(900)
	if dark {
		scheme = "dark"
	}
	if width < 500 {
		height = 844
	}
	tb.do(
		call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}}),
		chromedp.EmulateViewport(width, height),
	)
}

// click clicks what a selector finds first.
func click(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(idle(), chromedp.Click(chromedp.CSS(selector)))
}

// see waits until a selector finds something that can be seen.
func see(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitVisible(chromedp.CSS(selector))
}

// fill replaces the text of a field.
func fill(selector, text string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(idle(), chromedp.Clear(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), text))
}

// at waits until the page is at a path, with or without a query.
func (tb *tab) at(path string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		var where string
		for {
			if where, _ = chromedp.Location()(ctx, t); strings.SplitN(where, "?", 2)[0] == tb.base+path {
				ready, err := chromedp.Evaluate[string]("document.readyState")(ctx, t)
				if err == nil && ready == "complete" {
					return nil
				}
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("is at %s, not at %s: %w", where, path, ctx.Err())
			case <-time.After(25 * time.Millisecond):
			}
		}
	})
}
