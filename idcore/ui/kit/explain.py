"""How to read each chart: the formula, one sentence of meaning, one trap, the source."""

import streamlit as st

from idcore.estimators import caveats, twonn
from idcore.estimators.error_bar import METHOD
from idcore.estimators.table import ESTIMATORS

_ANSUINI = (
    "Ansuini, Laio, Macke, Zoccolan, *Intrinsic dimension of data representations in deep neural networks*, "
    "NeurIPS 2019"
)
_FACCO = twonn.ESTIMATOR.source

BAR = (
    f"One standard error of TwoNN: {METHOD}. It says how far another draw of as many samples would move the ID: with "
    "the quantile of *t* for its degrees of freedom, as under the fit, it covers the mean over such draws in 95% of "
    "cases, within 3% (docs/benchmarks.md). It does not say how far that mean is from the true dimension."
)
WITH_BARS = ("curve", "fit", "selection", "compare", "generalisation", "scale", "estimators", "watch", "paper",
             "descent", "lazy", "remember")  # fmt: skip

TEXTS: dict[str, tuple[str, str, str, str]] = {
    "curve": (
        r"\mu_i = \frac{r_2(i)}{r_1(i)}, \qquad F(\mu) = 1 - \mu^{-d}",
        "Each point is the dimension $d$ of the cloud of activations of one layer: in how many directions the data can "
        "vary there. Networks trained on photographs often widen the cloud in early layers and flatten it towards the "
        "output.",
        f"{caveats.BOUND} PC-ID counts linear directions, so it can exceed the ID many times over on a curved cloud; "
        "the linearised ID is what TwoNN sees on a Gaussian cloud with the same covariance.",
        _ANSUINI,
    ),
    "fit": (
        r"-\log\bigl(1 - F(\mu)\bigr) = d \, \log \mu",
        "If the points were spread evenly on a patch of dimension $d$, they would lie on a line through the origin, "
        "and its slope is $d$. The straighter the points, the better the assumption holds.",
        "The largest ratios come from the sparse rim of the cloud and bend away, so some of them are left out. If "
        "the slope changes much as you move the slider, do not trust a single number.",
        _FACCO,
    ),
    "spectrum": (
        r"\text{PC-ID} = \min \Bigl\{ k : \sum_{i \le k} \lambda_i \ge v \sum_i \lambda_i \Bigr\}",
        "The variance of the layer along each principal component, largest first. The filled part holds the chosen "
        "share $v$ of the variance; the number of its components is the PC-ID.",
        "A curved sheet of dimension 2 can need hundreds of linear components; a flat cloud of unequal spread has a "
        f"PC-ID above its ID as well, so compare the linearised one. {caveats.CURVATURE}",
        _ANSUINI,
    ),
    "map": (
        r"T(k) = 1 - \frac{2}{n k (2n - 3k - 1)} \sum_i \sum_{j \in U_k(i)} \bigl(r(i, j) - k\bigr)",
        "Each dot is a sample; near dots had similar activations. Trustworthiness $T$ falls below 1 when neighbours on "
        "the map were not neighbours in the layer; the overlap is the share of true neighbours that the map keeps.",
        "Distances between far groups, their sizes and the empty space between them mean little on a UMAP. No flat map "
        "can show a cloud of dimension 10 faithfully: read the two numbers first.",
        "Venna, Kaski, *Neighborhood preservation in nonlinear projection methods*, ICANN 2001; McInnes, Healy, "
        "Melville, *UMAP*, arXiv:1802.03426",
    ),
    "sample": (
        r"\mathcal{N}_k(i) = \{ j : \lVert x_i - x_j \rVert \text{ among the } k \text{ smallest} \}",
        "The nearest samples of one sample, layer by layer. Early layers put together what looks alike, the last ones "
        "what the network calls alike: watch the frames spread from the top row to the bottom.",
        "One sample is an anecdote: the curves along depth say how it is on average. Among many dimensions all "
        "distances are nearly equal, so that the eighth neighbour may be almost as near as the first.",
        "Doimo, Glielmo, Ansuini, Laio, *Hierarchical nucleation in deep neural networks*, NeurIPS 2020",
    ),
    "selection": (
        r"\mu_i = \frac{r_2(i)}{r_1(i)} \quad \text{with neighbours within the selection only}",
        "The dimension of the selected samples by themselves, in every layer. The dotted line is what as many samples "
        "drawn from all would give: compare with it, because fewer points give a lower ID.",
        "A selection drawn on one layer's map is cut out along its edges, which lowers the dimension there. A point is "
        "left out where fewer than two of the selection are among its nearest samples, and too many of those leave no "
        "number.",
        _FACCO,
    ),
    "place": (
        r"y \, V = (y X^\top)(U S) \, S^{-2}, \qquad X = U S V^\top",
        "Your picture goes through the network together with the samples; its distance to each of them is exact. The "
        "star is its projection on the principal axes of the samples.",
        "A network names every picture as one of its classes, also one that is nothing of the kind: look at whether it "
        "lies unusually far away, and whether its neighbours agree. White on black or black on white matters to it.",
        "Gower, *Adding a point to vector diagrams in multivariate analysis*, Biometrika 55:582 (1968)",
    ),
    "compare": (
        r"\text{shuffled: the same network, trained until it knows shuffled labels by heart}",
        "The same samples through several networks. Learning the true labels makes the last layers flat; memorising "
        "shuffled ones does not, and neither do random weights.",
        "An ID at the output alone says little: compare the last hidden layers, and look at the bars before you read a "
        "difference into two points.",
        _ANSUINI,
    ),
    "generalisation": (
        r"r = \operatorname{corr}\bigl(d_{\text{last hidden}}, \, 1 - \text{test accuracy}\bigr)",
        "Each point is a network: how often it errs on new images, and the ID of its last hidden layer. In the paper a "
        "flatter last layer goes with fewer errors; the dashed line and the two correlations say whether it does here.",
        "A dozen points have wide intervals, and networks that differ in many ways can line up for another reason: "
        "look at each group by itself, and change one thing at a time.",
        _ANSUINI + ", figure 4",
    ),
    "descent": (
        r"\frac{1}{m} \sum_x \lVert f_D(x) - y \rVert^2 = \text{bias}^2 + \text{variance}, \qquad "
        r"\text{variance} = \frac{1}{S - 1} \sum_{D} \lVert f_D(x) - \bar f(x) \rVert^2",
        "The same fit on $S = 4$ disjoint sets $D$: what the four say differently is variance, what they say wrongly "
        "together is bias. Where there are just as many features as samples, the fit goes through every label and is "
        "wild in between: the variance is highest there, and falls again beyond.",
        "The peak is one of variance, not of dimension, and it needs a fit without regularisation: a ridge, early "
        "stopping or a loss that does not blow up (cross entropy) flattens or hides it. At the peak itself four sets "
        "do not tell bias from variance.",
        "Belkin, Hsu, Ma, Mandal, *Reconciling modern machine-learning practice and the classical bias-variance "
        "trade-off*, PNAS 116:15849 (2019); Yang, Yu, You, Steinhardt, Ma, *Rethinking bias-variance trade-off for "
        "generalization of neural networks*, ICML 2020",
    ),
    "lazy": (
        r"L = \frac{1}{2 n \alpha^2} \sum_i \lVert \alpha (f - f_0)(x_i) - y_i \rVert^2, \qquad "
        r"A = \frac{\langle K_0, K_1 \rangle}{\lVert K_0 \rVert \, \lVert K_1 \rVert}",
        "With a large $\\alpha$ the network learns as a linear model of its weights would: they move by about "
        "$1 / \\alpha$, its tangent kernel $K$ stays as it was ($A$ near 1), and so does the hidden layer. With a "
        "small one it changes what it represents.",
        "Training error and time are not the same along $\\alpha$, and the rich end is one network on one data set. "
        "The alignment is of centred kernels: without centring it is near 1 for almost anything.",
        "Chizat, Oyallon, Bach, *On lazy training in differentiable programming*, NeurIPS 2019; Cortes, Mohri, "
        "Rostamizadeh, *Algorithms for learning kernels based on centered alignment*, JMLR 13:795 (2012)",
    ),
    "remember": (
        r"\text{noise} = \frac{\#\{\text{permuted training labels}\}}{\#\{\text{training labels}\}}",
        "Each cell is a network: how often it errs on new digits, and how many dimensions its last hidden layer keeps. "
        "Towards the top more labels are noise, which can only be learned by heart.",
        "A narrow network may not learn all of the noise in its epochs: look at its train accuracy before its "
        "dimension. One seed each.",
        "Zhang, Bengio, Hardt, Recht, Vinyals, *Understanding deep learning requires rethinking generalization*, ICLR "
        "2017; " + _ANSUINI,
    ),
    "accuracy": (
        r"\hat y_i = \operatorname{vote} \{ y_j : j \in \mathcal{N}_k(i) \}, \qquad \hat y = \arg\max_c \, (W x + b)_c",
        "How well the labels can be read from each layer: by the vote of the neighbours, and by a linear probe, "
        "a straight cut fitted on four fifths of the samples and tested on the rest.",
        "A probe reads the leading principal coordinates of the layer, not all of it. What can be read from a layer "
        "need not be used by the network.",
        "Alain, Bengio, *Understanding intermediate layers using linear classifier probes*, 2016; Cover, Hart, "
        "*Nearest neighbor pattern classification*, 1967",
    ),
    "paper": (
        r"\rho = \operatorname{corr}\bigl(\operatorname{rank} d^{\text{here}}, "
        r"\operatorname{rank} d^{\text{published}}\bigr), \qquad "
        r"\frac{1}{L} \sum_l \frac{|d_l^{\text{here}} - d_l^{\text{published}}|}{d_l^{\text{published}}}",
        "Dashed grey is what the paper shows, the coloured curve what came out here. A rank correlation of 1 "
        "means that the layers stand in the same order; the mean difference says how far the values are apart.",
        "Two networks trained from different seeds differ by more than their bars, and high IDs grow with the number "
        f"of samples: compare the course first, then the values. {caveats.BOUND}",
        _ANSUINI,
    ),
    "scale": (
        r"d(N), \ d(N/2), \ d(N/4), \dots \qquad f(\mu) = \frac{d \, (\mu^d - 1)^{k-1}}{B(k, k) \, \mu^{(2k-1)d + "
        r"1}}, \quad \mu = \frac{r_{2k}}{r_k}",
        "Fewer points lie farther apart: the second neighbour among $N / b$ points is as far as the $2b$-th among all. "
        "So TwoNN on ever smaller random blocks and Gride with ever farther neighbours ask the same: does the "
        "dimension depend on how closely one looks? A level stretch is a dimension to trust.",
        "Close up, noise adds dimensions; far away, the cloud's curvature and edges take them away. A curve that "
        "still rises at the largest N gives a lower bound only.",
        _FACCO
        + "; Denti, Doimo, Laio, Mira, *The generalized ratios intrinsic dimension estimator*, Scientific Reports "
        "12:20005 (2022)",
    ),
    "local": (
        r"\hat d_k(i) = \Bigl[ \frac{1}{k - 2} \sum_{j < k} \log \frac{r_k(i)}{r_j(i)} \Bigr]^{-1}",
        "The dimension among the nearest neighbours of each sample. The lines follow the median of each class through "
        "the layers; a class of simpler shapes, as the digit 1 is, stands below the others.",
        "One sample errs by a quarter with 20 neighbours, so read medians and histograms, not points. Where classes "
        "lie close together the neighbours of a sample are of several classes.",
        "Levina, Bickel, *Maximum likelihood estimation of intrinsic dimension*, NIPS 2004",
    ),
    "redundancy": (
        r"\varepsilon(w) - \varepsilon(W) \propto w^{-1/2}, \qquad "
        r"R^2 = 1 - \frac{\sum_j \lVert x_j - \hat x_j \rVert^2}{\sum_j \lVert x_j \rVert^2}",
        "Chunks of random units of the last hidden layer. Where the layer holds many noisy copies of the same "
        "features, a chunk does what the whole does but for noise that averages out: its error falls along the "
        "dashed line, it explains the other units (R² near 1), and what it leaves is uncorrelated.",
        "A narrow layer has no copies to spare, and its chunks do badly. The paper takes the error beyond that of an "
        "average of twenty networks; here it is beyond that of the whole layer of one.",
        "Doimo, Glielmo, Goldt, Laio, *Redundant representations help generalization in wide neural networks*, "
        "NeurIPS 2022",
    ),
    "distances": (
        r"r_1(i) \le r_2(i) \le \dots \le r_k(i)",
        "How far each sample is from its nearest neighbours. All estimates of the dimension are made of ratios of"
        " these distances, so the unit does not matter to them.",
        "In many dimensions distances crowd together: all samples are about equally far apart, and small errors "
        "in a distance become large ones in the dimension. Two heaps mean that the density is far from even.",
        _FACCO,
    ),
    "estimators": (
        r"\begin{gathered}" + r" \\ ".join(one.formula for one in ESTIMATORS) + r"\end{gathered}",
        "Several ways to read a dimension from the same exact table of neighbours. The more neighbours one takes, "
        "the smaller the noise and the larger the scale.",
        "Above about 10 dimensions all of them come out too low. Where they disagree by more than their bars, look at "
        "the scale.",
        "; ".join(dict.fromkeys(one.source for one in ESTIMATORS)),
    ),
    "overlap": (
        r"\chi = \frac{1}{N} \sum_i \frac{1}{k} \, \bigl| \mathcal{N}_k^A(i) \cap \mathcal{N}_k^B(i) \bigr|",
        "Of the nearest neighbours of a sample, how many have its label, how many are still its neighbours in the"
        " output, and how many were so in the layer before. Where the last curve dips, the layer rearranged the "
        "data.",
        "A pooling or a reshaping changes little by itself, so the step from layer to layer depends on which "
        "layers are shown. The labels are the true ones, also for a network trained on shuffled labels.",
        "Doimo, Glielmo, Ansuini, Laio, *Hierarchical nucleation in deep neural networks*, NeurIPS 2020",
    ),
    "units": (
        r"\text{AUC} = \frac{R_c - n_c (n_c + 1) / 2}{n_c \, (n - n_c)}",
        "The chance that a sample of class $c$ excites the unit more than a sample of another class: $R_c$ is the sum "
        "of the ranks of the $n_c$ samples of the class. 1: this number alone tells the class; 0.5: it knows nothing.",
        "Class and threshold were chosen on the samples they are judged on. A unit that detects a class need not "
        "matter to the network, and one that detects nothing may; an ideal input shows what excites a unit most, not "
        "all that does.",
        "Le et al., *Building high-level features using large scale unsupervised learning*, ICML 2012; Morcos, "
        "Barrett, Rabinowitz, Botvinick, *On the importance of single directions for generalization*, ICLR 2018; "
        "Leavitt, Morcos, arXiv:2003.01262; Olah, Mordvintsev, Schubert, *Feature visualization*, Distill 2017",
    ),
    "detectors": (
        r"\frac{1}{C} \sum_c \text{AUC}_{B}\bigl(u_c, c\bigr), \qquad u_c = \arg\max_u \text{AUC}_{A}(u, c)",
        "How well one number of the layer can tell a class, on average: for each class the best unit is chosen on one "
        "half $A$ of the samples and judged on the other, $B$. Where training puts classes into single units it rises.",
        "A layer with more units has more to choose from, and one of channel means fewer: compare layers with their "
        "dotted line. What no single unit tells, several together may.",
        "Le et al., *Building high-level features using large scale unsupervised learning*, ICML 2012",
    ),
    "look": (
        r"\text{area} = \int_0^1 p_c\bigl(x \text{ without its first } s \text{ patches}\bigr) \, ds",
        "A map gives each patch of the image a score. The patches are deleted, the highest scores first, and the "
        "probability $p_c$ of the class is followed. The sooner it falls, the smaller the area, and the better the map "
        "names what the network uses.",
        "A map that looks right may only show where the ink is; so it is judged against just that, and against chance. "
        "A picture with holes is like none the network has seen. Attention says what is mixed, not what is used.",
        "Petsiuk, Das, Saenko, *RISE*, BMVC 2018; Selvaraju et al., *Grad-CAM*, ICCV 2017; Sundararajan, Taly, Yan, "
        "*Axiomatic attribution for deep networks*, ICML 2017; Abnar, Zuidema, *Quantifying attention flow in "
        "transformers*, ACL 2020; Chefer, Gur, Wolf, *Generic attention-model explainability*, ICCV 2021",
    ),
    "information": (
        r"\Delta(A \to B) = \frac{2}{N^2} \sum_i \operatorname{rank}_B \bigl(i, \, \mathrm{nearest}_A(i)\bigr)",
        "Take the nearest neighbour of a sample in layer $A$, and look how near it is in layer $B$. Near 0 it is a "
        "neighbour there too: $A$ holds what $B$ knows. Near 1 it is anywhere. The two directions differ: a layer that "
        "throws something away is foretold by one that has it, and does not foretell it.",
        "It looks at the nearest neighbour alone, so noise in $A$ raises it. It is counted over all samples: a value "
        "from a table of neighbours would be wrong by half.",
        "Glielmo, Zeni, Cheng, Csányi, Laio, *Ranking the information content of distance measures*, PNAS Nexus "
        "1:pgac039 (2022)",
    ),
    "nucleation": (
        r"\log \rho_i = \log \frac{k}{N \, V_d \, r_k(i)^d} \pm \frac{1}{\sqrt{k}}, \qquad "
        r"\log \rho_c - \log \rho_s < Z \, (\sigma_c + \sigma_s) \;\Rightarrow\; \text{one peak}",
        "A peak is a heap of samples, denser than what lies around it by more than the noise of the density. Networks "
        "that were trained gather the samples into heaps that are the classes, in the last layers at once; untrained "
        "ones do not. In the dendrogram heaps that are joined high up are near one another.",
        "The dimension $d$, the number of neighbours $k$ and $Z$ move the number of peaks: believe what several "
        "of them agree on. A class needs more samples than $k$ to be a peak of its own.",
        "Doimo, Glielmo, Ansuini, Laio, *Hierarchical nucleation in deep neural networks*, NeurIPS 2020; d'Errico, "
        "Facco, Laio, Rodriguez, Information Sciences 560:476 (2021)",
    ),
    "watch": (
        r"d_l(t), \qquad \theta_{t+1} = \theta_t - \eta \, \nabla L(\theta_t)",
        "The intrinsic dimension $d_l$ of every layer $l$ on samples that are held out, after so many epochs $t$ of "
        "training. On true labels the last layers fall as soon as the network begins to tell the classes apart; on "
        "shuffled labels they may fall at first, and rise while the network learns by heart.",
        "One training from one seed is one course: the next differs, by more than the bars say. N is small here, so "
        "that measuring costs less than training; high dimensions come out lower than with more samples.",
        _ANSUINI + ", figure 9",
    ),
    "rsa": (
        r"\text{RSA} = \rho_{\text{Spearman}} \bigl( \lVert x_i - x_j \rVert, \, \lVert y_i - y_j \rVert \bigr)_{i<j}",
        "Each layer or brain area has its matrix of distances between the samples (RDM). Two agree where they put the "
        "pairs of samples in the same order, from the nearest to the farthest: 1 is the same order, near 0 none in "
        "common. Neither the number of units matters, nor a factor. Noise in recordings lowers it: the noise ceiling "
        "is what a perfect model would reach, known where samples were measured repeatedly.",
        "A few classes that lie far apart give a high value by themselves. Pairs share samples, so the error is taken "
        "over samples, not pairs. Distances are Euclidean, and noise lengthens them; the ceiling takes noise to be "
        "additive.",
        "Kriegeskorte, Mur, Bandettini, *Representational similarity analysis*, Front. Syst. Neurosci. 2:4 (2008); "
        "Nili et al., *A toolbox for representational similarity analysis*, PLoS Comput. Biol. 10:e1003553 (2014)",
    ),
    "cka": (
        r"\text{CKA} = \frac{\text{HSIC}(X X^\top, Y Y^\top)}{\sqrt{\text{HSIC}(X X^\top, X X^\top) \,"
        r" \text{HSIC}(Y Y^\top, Y Y^\top)}}",
        "1 when two layers hold the same cloud up to a rotation and a factor, near 0 when they are independent: HSIC "
        "is estimated without bias. The plain value, by choice, is biased towards 1 where a layer has more units than "
        "there are samples. Blocks along the diagonal are stages in which little changes.",
        "It looks at the few directions with the largest variance: layers can agree to 0.99 and have different "
        "neighbours. The hover text gives bounds on the exact value.",
        "Kornblith, Norouzi, Lee, Hinton, *Similarity of neural network representations revisited*, ICML 2019; Song, "
        "Smola, Gretton, Bedo, Borgwardt, *Feature selection via dependence maximization*, JMLR 2012; Nguyen, Raghu, "
        "Kornblith, ICLR 2021",
    ),
}


def how_to_read(chart: str) -> None:
    """The expander under a chart."""
    formula, meaning, trap, source = TEXTS[chart]
    bar = f"\n\n**The bars.** {BAR}" if chart in WITH_BARS else ""
    with st.expander("How to read this", icon=":material/help:"):  # one element: there are six of these on a page
        st.markdown(f"$$\n{formula}\n$$\n\n{meaning}\n\n**Beware.** {trap}{bar}\n\n:small[:gray[Source: {source}.]]")
