package browsertest

import (
	"context"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// pause is how often a condition is looked at.
const pause = 25 * time.Millisecond

// until waits for a condition, over changes of the page. It works without script on the page.
func (tb *tab) until(condition string) chromedp.Action[chromedp.Void] { return until(condition) }

func until(condition string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for ctx.Err() == nil {
			if ok, err := chromedp.Evaluate[bool]("!!("+condition+")")(ctx, t); err == nil && ok {
				return nil
			}
			select {
			case <-ctx.Done():
			case <-time.After(pause):
			}
		}
		return fmt.Errorf("%s never held: %w", condition, ctx.Err())
	})
}

// atRest holds when a page will not change by itself: it is loaded, no answer is on its way or half swapped in, what came
// in listens to clicks and keys, and the list is the one that the search asks for, which waits a little for more letters.
// A page without script is at rest once it is loaded.
const atRest = `document.readyState === 'complete' && (!window.htmx ||
	!document.querySelector('[aria-busy=true], .htmx-request, .htmx-swapping, .htmx-settling, .htmx-added') &&
	!document.querySelector(':is([hx-get], [hx-post], [hx-put]):not([data-htmx-powered])') &&
	[...document.querySelectorAll('form#find[hx-trigger*=input]')].every(f => f.elements.q.value.trim() === (new URLSearchParams(location.search).get('q') ?? '').trim()))`

// idle waits until the page is at rest. Every step that clicks or types begins with it: a person would look first, and on
// a busy machine a test is faster than the page.
func idle() chromedp.Action[chromedp.Void] { return until(atRest) }

// press types into what a selector finds.
func press(selector, key string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(idle(), chromedp.Focus(chromedp.CSS(selector)), typed(key))
}

// typed presses keys, wherever the focus is. A key goes down and makes its letter in one command, as on a keyboard: in
// two, a page that has the time to move the focus between them gets the letter where nobody typed it.
func typed(keys string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, r := range keys {
			events := kb.Encode(r)
			down, up := *events[0], *events[len(events)-1]
			if len(events) == 3 {
				down.Type, down.Text, down.UnmodifiedText = input.DispatchKeyEventTypeKeyDown, events[1].Text, events[1].UnmodifiedText
			}
			for _, e := range []input.DispatchKeyEventParams{down, up} {
				if err := chromedp.Do(ctx, call(input.DispatchKeyEvent, e)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// keys types, wherever the focus is.
func (tb *tab) keys(keys ...string) {
	tb.t.Helper()
	for _, k := range keys {
		tb.do(idle(), typed(k))
	}
}

// hotkey presses a key whose letter goes nowhere.
func (tb *tab) hotkey(key, code string) {
	tb.t.Helper()
	press := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: key, Code: code}
	release := press
	release.Type = input.DispatchKeyEventTypeKeyUp
	tb.do(idle(), call(input.DispatchKeyEvent, press), call(input.DispatchKeyEvent, release))
}
