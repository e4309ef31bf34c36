package io.chaosrunner.ui;

import io.chaosrunner.export.HtmlReport;
import io.chaosrunner.export.Page;
import io.chaosrunner.model.EngineRef;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What all pages have in common: their frame, style and script, and how they refer to another. */
final class Site {
    /** Allows what this server serves, and nothing that is written in a page. */
    static final String POLICY =
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    /** The look of a report, and what it has no need of. */
    static final String STYLE =
            HtmlReport.style()
                    + """
                    html{--go:#0969da}@media(prefers-color-scheme:dark){html{--go:#58a6ff}}
                    body{max-width:84rem}
                    .skip{position:absolute;left:-99rem}.skip:focus{left:1rem;background:var(--bg);padding:.3rem .6rem}
                    header{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;align-items:baseline;border-bottom:1px solid var(--line);padding-bottom:.4rem}
                    header strong{margin-right:.4rem}nav{display:flex;gap:1.2rem}nav a[aria-current]{color:var(--fg);font-weight:600;text-decoration:none}
                    #live{margin-left:auto;color:var(--soft);font-size:.85rem}#live.lost{color:var(--fail);font-weight:600}
                    .going{color:var(--go)}rect.going{fill:var(--go)}
                    .bar.going{animation:going 2s ease-in-out infinite}@keyframes going{50%{opacity:.6}}
                    @media(prefers-reduced-motion:reduce){.bar.going{animation:none}}
                    .act{display:inline-block;border:1px solid var(--fail);border-radius:6px;padding:.2rem .8rem;color:var(--fail);background:var(--bg);
                    text-decoration:none;font:inherit;font-weight:600;cursor:pointer}.act:hover{background:var(--box)}
                    .note{border-left:4px solid var(--go);background:var(--box);padding:.4rem .8rem;margin:.5rem 0}
                    .note.good{border-color:var(--pass)}.note.bad{border-color:var(--fail)}
                    .strip{display:flex;flex-wrap:wrap;gap:3px;list-style:none;padding:0;margin:.2rem 0}
                    .strip a,.strip span{display:block;min-width:1.5rem;text-align:center;border:1px solid currentcolor;border-radius:4px;
                    font-size:.8rem;line-height:1.4rem;text-decoration:none;padding:0 .2rem}
                    .strip a.pass{color:var(--pass)}.strip a.fail{color:var(--fail)}.strip a.error{color:var(--error)}.strip a.none{color:var(--none)}
                    td .strip{margin:0}td.now{min-width:6rem}.sum{color:var(--soft)}
                    form{display:inline}form .act{margin-right:1rem}
                    @media(max-width:40rem){#live{margin-left:0;flex-basis:100%}td[data-of]::before{content:attr(data-of) " ";color:var(--soft)}
                    td[data-of]:empty{display:none}}
                    """;

    /** Replaces what has changed; without it a page is complete, and stays as it was made. */
    static final String SCRIPT =
            """
            (function () {
              'use strict';
              var live = document.getElementById('live');
              var main = document.querySelector('main');
              var source = null;
              function made(html) {
                var t = document.createElement('template');
                t.innerHTML = html;
                return t.content;
              }
              function keeping(change) {
                var focus = document.activeElement && document.activeElement.id;
                var scrolled = [].map.call(document.querySelectorAll('.timeline'), function (e) {
                  return [e.scrollTop, e.scrollLeft];
                });
                change();
                document.querySelectorAll('.timeline').forEach(function (e, i) {
                  if (scrolled[i]) { e.scrollTop = scrolled[i][0]; e.scrollLeft = scrolled[i][1]; }
                });
                if (focus && document.activeElement === document.body) {
                  var again = document.getElementById(focus);
                  if (again) { again.focus({preventScroll: true}); }
                }
              }
              function say(text, lost) {
                live.textContent = text;
                live.classList.toggle('lost', lost);
              }
              function open() {
                if (source || document.hidden) { return; }
                source = new EventSource(location.pathname);
                source.onopen = function () { say('● live', false); };
                source.addEventListener('whole', function (e) {
                  if (e.lastEventId === main.dataset.version) { return; }
                  keeping(function () { main.replaceChildren(made(e.data)); });
                  main.dataset.version = e.lastEventId;
                });
                source.addEventListener('part', function (e) {
                  var part = made(e.data).firstElementChild;
                  var old = part && document.getElementById(part.id);
                  if (old && old.ownerSVGElement) {
                    // Outside of a drawing its elements would be others.
                    part = made('<svg>' + e.data + '</svg>').firstElementChild.firstElementChild;
                  }
                  main.dataset.version = '';
                  if (old) { keeping(function () { old.replaceWith(part); }); }
                });
                source.addEventListener('problem', function (e) { say(e.data, true); });
                source.onerror = function () {
                  say('not live: chaos-runner ui does not answer; what is shown may be old', true);
                  if (source && source.readyState === EventSource.CLOSED) { source = null; }
                };
              }
              document.addEventListener('visibilitychange', function () {
                if (document.hidden && source) { source.close(); source = null; }
                open();
              });
              if (main && main.hasAttribute('data-version')) { open(); }
            })();
            """;

    private final String base;
    private final String where;

    /**
     * @param base path that everything is under
     * @param where what is looked at, such as {@code namespace litmus}
     */
    Site(String base, String where) {
        this.base = base;
        this.where = where;
    }

    // ---- Addresses ----------------------------------------------------------------------------

    String engines() {
        return base;
    }

    String schedules() {
        return base + "schedules";
    }

    String engine(EngineRef ref) {
        return base + "e/" + segment(ref.namespace()) + "/" + segment(ref.name());
    }

    String run(EngineRef ref, long number) {
        return engine(ref) + "/runs/" + number;
    }

    String stop(EngineRef ref) {
        return engine(ref) + "/stop";
    }

    private static String segment(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    // ---- Pages --------------------------------------------------------------------------------

    /** Return a page that stays current where scripts run. */
    String page(Rendering rendering, String current) {
        return page(rendering, current, true);
    }

    /** Return a page that stays as it is. */
    String still(Rendering rendering) {
        return page(rendering, "", false);
    }

    private String page(Rendering rendering, String current, boolean live) {
        var head = new Page();
        head.open("head");
        head.open("meta", "charset", "utf-8").close();
        head.open("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
                .close();
        head.leaf("title", rendering.title() + " · chaos-runner");
        head.open("link", "rel", "stylesheet", "href", base + "style.css").close();
        if (live) {
            head.open("script", "src", base + "live.js", "defer", "").close();
        }
        head.close();
        var top = new Page();
        top.leaf("a", "To the content", "class", "skip", "href", "#main");
        top.open("header");
        top.leaf("strong", "chaos-runner").leaf("span", where, "class", "sum");
        top.open("nav", "aria-label", "Pages");
        link(top, "Engines", engines(), current);
        link(top, "Schedules", schedules(), current);
        top.close();
        top.leaf("span", live ? "as of now; reload for news" : "", "id", "live", "role", "status");
        top.close();
        String version = live ? " data-version=\"" + version(rendering) + "\"" : "";
        return "<!DOCTYPE html>\n<html lang=\"en\">\n%s\n<body>\n%s\n<main id=\"main\" tabindex=\"-1\"%s>"
                        .formatted(head, top, version)
                + rendering.main()
                + "</main>\n</body>\n</html>\n";
    }

    private static void link(Page page, String words, String to, String current) {
        if (to.equals(current)) {
            page.leaf("a", words, "href", to, "aria-current", "page");
        } else {
            page.leaf("a", words, "href", to);
        }
    }

    /** Return what tells one content from another. */
    static String version(Rendering rendering) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(rendering.main().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
