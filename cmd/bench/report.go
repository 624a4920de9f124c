package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// comparison is a row of the report.
type comparison struct {
	target *target
	of     *target // nil: compared with nothing
	floor  float64 // the least that the ratio may be
}

// result is what a comparison came to.
type result struct {
	Name  string  `json:"name"`
	Rate  float64 `json:"requests_per_second"`
	Of    string  `json:"of,omitempty"`
	Ratio float64 `json:"ratio,omitempty"`
	Floor float64 `json:"floor,omitempty"`
}

// warmUp lets every target run once, unmeasured.
func (l *lab) warmUp(ctx context.Context, clients int) error {
	for _, t := range l.targets {
		if err := t.measure(ctx, 500*time.Millisecond, clients); err != nil {
			return err
		}
		t.rates = nil
	}
	return nil
}

func (l *lab) results() (results []result) {
	for _, c := range l.comparisons {
		r := result{Name: c.target.name, Rate: c.target.rate(), Floor: c.floor}
		if c.of != nil {
			r.Of, r.Ratio = c.of.name, r.Rate/c.of.rate()
		}
		results = append(results, r)
	}
	return results
}

func write(out io.Writer, results []result) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\trequests/s\tratio\tfloor\t\tof")
	for _, r := range results {
		fmt.Fprintf(w, "%s\t%10.0f", r.Name, r.Rate)
		if r.Of != "" {
			verdict := "ok"
			if r.Ratio < r.Floor {
				verdict = "BELOW"
			}
			fmt.Fprintf(w, "\t%.2f\t%.2f\t%s\t%s", r.Ratio, r.Floor, verdict, r.Of)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
}
