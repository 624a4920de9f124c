package catalogplan

// Limited looks for people as if there were more of them: few holders are fewer, and ranges are shorter.
func Limited(c Change, few, of int64) Change {
	c.limits = limits{few, of}
	return c
}
