(** A text is the text of at most one expression. *)
From Longhand Require Export Expressions.

(** A product is a factor, then operators with factors; a sum is a product, then operators with
    products. Both are built from the left. *)
Definition times (p : product) (t : bool * factor) : product :=
  let (star, f) := t in if star then PTimes p f else POver p f.
Definition plus (e : sum) (t : bool * product) : sum :=
  let (positive, p) := t in if positive then SPlus e p else SMinus e p.

Definition show_time (t : bool * factor) : list sym :=
  let (star, f) := t in (if star then Star else Slash) :: show_f f.
Definition show_plus (t : bool * product) : list sym :=
  let (positive, p) := t in (if positive then Plus else Minus) :: show_p p.

Fixpoint texts {A} (show_one : A -> list sym) (l : list A) : list sym :=
  match l with [] => [] | t :: l => show_one t ++ texts show_one l end.

Lemma show_times l : forall p, show_p (fold_left times l p) = show_p p ++ texts show_time l.
Proof.
  induction l as [|[[] f] l IH]; intros p; cbn [fold_left texts times]; rewrite ?IH, ?app_nil_r; auto;
    cbn [show_p show_time]; now rewrite <- app_assoc.
Qed.

Lemma show_pluses l : forall e, show (fold_left plus l e) = show e ++ texts show_plus l.
Proof.
  induction l as [|[[] p] l IH]; intros e; cbn [fold_left texts plus]; rewrite ?IH, ?app_nil_r; auto;
    cbn [show show_plus]; now rewrite <- app_assoc.
Qed.

Lemma product_parts : forall p, exists f l, p = fold_left times l (PFactor f).
Proof.
  fix go 1. intros [f|p f|p f].
  - now exists f, [].
  - destruct (go p) as (f0 & l & ->). exists f0, (l ++ [(true, f)]). now rewrite fold_left_app.
  - destruct (go p) as (f0 & l & ->). exists f0, (l ++ [(false, f)]). now rewrite fold_left_app.
Qed.

Lemma sum_parts : forall e, exists p l, e = fold_left plus l (SProduct p).
Proof.
  fix go 1. intros [p|e p|e p].
  - now exists p, [].
  - destruct (go e) as (p0 & l & ->). exists p0, (l ++ [(true, p)]). now rewrite fold_left_app.
  - destruct (go e) as (p0 & l & ->). exists p0, (l ++ [(false, p)]). now rewrite fold_left_app.
Qed.

(** * What can follow a factor, a product and a sum *)

Definition after_f (r : list sym) : Prop := match r with Dig _ :: _ => False | _ => True end.
Definition after_p (r : list sym) : Prop := match r with (Dig _ | Star | Slash) :: _ => False | _ => True end.
Definition after_e (r : list sym) : Prop :=
  match r with (Dig _ | Star | Slash | Plus | Minus) :: _ => False | _ => True end.

Definition one_f f := forall f' r r', after_f r -> after_f r' ->
  show_f f ++ r = show_f f' ++ r' -> f = f' /\ r = r'.
Definition one_p p := forall p' r r', after_p r -> after_p r' ->
  show_p p ++ r = show_p p' ++ r' -> p = p' /\ r = r'.
Definition one_e e := forall e' r r', after_e r -> after_e r' ->
  show e ++ r = show e' ++ r' -> e = e' /\ r = r'.

Lemma one_number ds : forall ds' r r', after_f r -> after_f r' ->
  map Dig ds ++ r = map Dig ds' ++ r' -> ds = ds' /\ r = r'.
Proof.
  induction ds as [|d ds IH]; intros [|d' ds'] r r' A A' E; cbn [map app] in E; auto.
  - subst r. destruct A.
  - subst r'. destruct A'.
  - injection E as -> E. destruct (IH _ _ _ A A' E) as [-> ->]. auto.
Qed.

Lemma after_times l r : after_p r -> after_f (texts show_time l ++ r).
Proof. destruct l as [|[[] f] l]; cbn; auto. destruct r as [|[] r]; cbn; auto. Qed.

Lemma after_pluses l r : after_e r -> after_p (texts show_plus l ++ r).
Proof. destruct l as [|[[] f] l]; cbn; auto. destruct r as [|[] r]; cbn; auto. Qed.

Lemma one_times l : Forall (fun t => one_f (snd t)) l -> forall l' r r', after_p r -> after_p r' ->
  texts show_time l ++ r = texts show_time l' ++ r' -> l = l' /\ r = r'.
Proof.
  induction 1 as [|[b f] l Hf _ IH]; intros [|[b' f'] l'] r r' A A' E; cbn [texts show_time app] in E; auto.
  - subst r. destruct b'; destruct A.
  - subst r'. destruct b; destruct A'.
  - cbn [snd show_time show_plus] in *. cbn [app] in E. rewrite <- !app_assoc in E. injection E as B E.
    assert (b = b') as <- by (destruct b, b'; congruence).
    destruct (Hf f' _ _ (after_times l r A) (after_times l' r' A') E) as [-> E'].
    destruct (IH l' r r' A A' E') as [-> ->]. auto.
Qed.

Lemma one_pluses l : Forall (fun t => one_p (snd t)) l -> forall l' r r', after_e r -> after_e r' ->
  texts show_plus l ++ r = texts show_plus l' ++ r' -> l = l' /\ r = r'.
Proof.
  induction 1 as [|[b p] l Hp _ IH]; intros [|[b' p'] l'] r r' A A' E; cbn [texts show_plus app] in E; auto.
  - subst r. destruct b'; destruct A.
  - subst r'. destruct b; destruct A'.
  - cbn [snd show_time show_plus] in *. cbn [app] in E. rewrite <- !app_assoc in E. injection E as B E.
    assert (b = b') as <- by (destruct b, b'; congruence).
    destruct (Hp p' _ _ (after_pluses l r A) (after_pluses l' r' A') E) as [-> E'].
    destruct (IH l' r r' A A' E') as [-> ->]. auto.
Qed.

(** The same for a product that is followed by operators with factors, and for a sum. *)
Definition more_p p := forall l, Forall (fun t => one_f (snd t)) l -> one_p (fold_left times l p).
Definition more_e e := forall l, Forall (fun t => one_p (snd t)) l -> one_e (fold_left plus l e).

Lemma one : (forall f, one_f f) /\ (forall p, more_p p) /\ (forall e, more_e e).
Proof.
  apply expression_ind.
  - intros d ds [d' ds'|f'|e'] r r' A A' E; cbn [show_f map app] in E; try discriminate.
    injection E as -> E. destruct (one_number _ _ _ _ A A' E) as [-> ->]. auto.
  - intros f IH [d' ds'|f'|e'] r r' A A' E; cbn [show_f map app] in E; try discriminate.
    injection E as E. destruct (IH _ _ _ A A' E) as [-> ->]. auto.
  - intros e IH [d' ds'|f'|e'] r r' A A' E; cbn [show_f map app] in E; try discriminate.
    injection E as E. rewrite <- !app_assoc in E. cbn [app] in E.
    pose proof (IH [] (Forall_nil _) e' (Close :: r) (Close :: r') I I E) as H. cbn [fold_left] in H.
    destruct H as [-> E']. injection E' as ->. auto.
  - intros f IH l Hl p' r r' A A' E. destruct (product_parts p') as (f' & l' & ->).
    rewrite !show_times, <- !app_assoc in E. cbn [show_p] in E.
    destruct (IH f' _ _ (after_times l r A) (after_times l' r' A') E) as [-> E'].
    destruct (one_times l Hl l' r r' A A' E') as [-> ->]. auto.
  - intros p IHp f IHf l Hl. apply (IHp ((true, f) :: l)). now constructor.
  - intros p IHp f IHf l Hl. apply (IHp ((false, f) :: l)). now constructor.
  - intros p IH l Hl e' r r' A A' E. destruct (sum_parts e') as (p' & l' & ->).
    rewrite !show_pluses, <- !app_assoc in E. cbn [show] in E.
    destruct (IH [] (Forall_nil _) p' _ _ (after_pluses l r A) (after_pluses l' r' A') E) as [Ep E'].
    cbn [fold_left] in Ep. subst p'.
    destruct (one_pluses l Hl l' r r' A A' E') as [-> ->]. auto.
  - intros e IHe p IHp l Hl. apply (IHe ((true, p) :: l)). constructor; [apply (IHp [] (Forall_nil _))|assumption].
  - intros e IHe p IHp l Hl. apply (IHe ((false, p) :: l)). constructor; [apply (IHp [] (Forall_nil _))|assumption].
Qed.

Theorem show_once e1 e2 : show e1 = show e2 -> e1 = e2.
Proof.
  intros E. destruct one as (_ & _ & H). apply (H e1 [] (Forall_nil _) e2 [] [] I I). cbn [fold_left]. now rewrite E.
Qed.
