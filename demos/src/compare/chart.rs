//! The chart: four panels, drawn by `plotters` as SVG, which needs no fonts and no image library.

use std::ops::Range;

use anyhow::{Context, Result};
use plotters::coord::combinators::LogCoord;
use plotters::prelude::*;

use super::{Measured, Pace, name};
use crate::servers::Kind;

/// Colours that can be told apart in print and by colour-blind readers (Okabe and Ito's choice).
const COLOURS: [RGBColor; 5] = [
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0x33, 0x33, 0x33),
];

/// What a panel shows of a measurement.
type Figure = fn(&Measured) -> Option<f64>;

type Panel<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<LogCoord<f64>, LogCoord<f64>>>;

/// Draws requests per second and the 99th percentile of latency over the number of clients, for both paces.
pub(super) fn draw(results: &[Measured]) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (1000, 760)).into_drawing_area();
        area.fill(&WHITE)?;
        let figures: [(&str, Figure); 2] = [
            ("requests per second", |measured| {
                Some(measured.answers.per_second())
            }),
            ("99 of 100 answers within milliseconds", |measured| {
                measured.answers.percentile(99)
            }),
        ];
        let mut panels = area.split_evenly((2, 2)).into_iter();
        for pace in Pace::ALL {
            let chosen: Vec<_> = results.iter().filter(|measured| measured.pace == pace).collect();
            for (title, figure) in figures {
                let panel = panels.next().context("a panel")?;
                let caption = format!("{} clients: {title}", pace.name());
                // One legend will do for all four.
                draw_panel(&panel, &caption, &chosen, figure, panels.len() == 3)?;
            }
        }
        area.present()?;
    }
    Ok(svg)
}

fn draw_panel(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    caption: &str,
    results: &[&Measured],
    figure: Figure,
    legend: bool,
) -> Result<()> {
    let across = span(results.iter().map(|measured| f64::from(measured.clients)), 2.0);
    let up = span(results.iter().filter_map(|measured| figure(measured)), 10.0);
    let mut chart = ChartBuilder::on(area)
        .caption(caption, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d(across.log_scale().base(2.0), up.log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("clients at once")
        .x_labels(10)
        .x_label_formatter(&|clients| format!("{clients:.0}"))
        .y_label_formatter(&|value| format!("{value}"))
        .draw()?;
    let mut kinds: Vec<Kind> = results.iter().map(|measured| measured.kind).collect();
    kinds.dedup();
    for (kind, colour) in kinds.into_iter().zip(COLOURS) {
        draw_line(&mut chart, kind, colour, results, figure)?;
    }
    if legend {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.3))
            .draw()?;
    }
    Ok(())
}

fn draw_line(
    chart: &mut Panel<'_, '_>,
    kind: Kind,
    colour: RGBColor,
    results: &[&Measured],
    figure: Figure,
) -> Result<()> {
    let own = results.iter().filter(|measured| measured.kind == kind);
    let points: Vec<(f64, f64)> = own
        .filter_map(|measured| Some((f64::from(measured.clients), figure(measured)?)))
        .collect();
    chart
        .draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?
        .label(name(kind))
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    chart.draw_series(
        points
            .into_iter()
            .map(|point| Circle::new(point, 3, colour.filled())),
    )?;
    Ok(())
}

/// The range of an axis from one power of the base to another, so that both ends have a label; a logarithm
/// has no place for zero.
fn span(values: impl Iterator<Item = f64>, base: f64) -> Range<f64> {
    let positive = values.filter(|value| *value > 0.0);
    let (low, high) = positive.fold((f64::MAX, 0.0), |(low, high): (f64, f64), value| {
        (low.min(value), high.max(value))
    });
    if low > high {
        return 1.0..base;
    }
    let first = low.log(base).floor();
    let last = high.log(base).ceil().max(first + 1.0);
    base.powf(first)..base.powf(last)
}
