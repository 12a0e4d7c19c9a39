fn main(){
  use d2d_ocr::models::*;
  let a:Vec<String>=std::env::args().collect();
  let o=PullOptions{dir:a[1].clone().into(),source:a.get(3).filter(|s|!s.is_empty()).cloned(),python:a.get(4).cloned().unwrap_or("python3".into())};
  let t=std::time::Instant::now();
  let mut last=None;
  match pull(Pack::named(&a[2]).unwrap(),&o,&mut |p|{ if last!=Some(p){println!("{:?} {:?}",t.elapsed(),p); last=Some(p);} }) {Ok(p)=>println!("{p:?} {:?}",t.elapsed()),Err(e)=>println!("ERR {e}")}
}
