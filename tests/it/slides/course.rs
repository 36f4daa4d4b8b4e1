/// The functions of the slides.
#[rpc(server, client)]
trait Slides {
    /// Adds integers, or joins strings.
    fn addtogether(&self, things: Variadic<Value>) -> Value;

    /// What the slide makes of a, b and c: the roots of the equation where a is 1 or -1.
    fn quadratic(&self, a: f64, b: f64, c: f64) -> Vec<f64>;
}

struct Course;

impl SlidesServer for Course {
    fn addtogether(&self, things: Variadic<Value>) -> Value {
        let text: Option<String> = things.iter().map(Value::as_str).collect();
        text.map_or_else(|| things.iter().filter_map(Value::as_i64).sum::<i64>().into(), Value::from)
    }

    fn quadratic(&self, a: f64, b: f64, c: f64) -> Vec<f64> {
        let root = (b * b - 4.0 * a * c).sqrt();
        if root == 0.0 { vec![-b / 2.0 * a] } else { vec![(-b - root) / 2.0 * a, (-b + root) / 2.0 * a] }
    }
}
