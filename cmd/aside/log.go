package main

import (
	"context"
	"fmt"
	"log/slog"
)

// logger prints what libraries log as lines for people.
func (a *app) logger() *slog.Logger { return slog.New(lines{a}) }

// lines is a handler that prints the message, and a hint below it.
type lines struct{ app *app }

func (l lines) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }
func (l lines) WithAttrs([]slog.Attr) slog.Handler               { return l }
func (l lines) WithGroup(string) slog.Handler                    { return l }

func (l lines) Handle(_ context.Context, r slog.Record) error {
	l.app.say("%s", r.Message)
	r.Attrs(func(attr slog.Attr) bool {
		if attr.Key == "hint" {
			fmt.Fprintf(l.app.stderr, "  %s\n", attr.Value)
		}
		return true
	})
	return nil
}
